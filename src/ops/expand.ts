import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { type Shape, sizeOf, stridesOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { sumTo } from "./reduce.ts";

const expandOp: Op<{ readonly shape: Shape }> = defineOp({
  name: "expand",
  shape: ([x], { shape }) => {
    const offset = shape.length - x!.shape.length;
    if (offset < 0 || x!.shape.some((extent, axis) => extent !== 1 && extent !== shape[offset + axis])) {
      throw new ShapeError("expand", "only axes of extent 1 can be stretched", { x: x!.shape, to: shape });
    }
    return { shape, dtype: x!.dtype };
  },
  reference: ([x], { shape }, out) => {
    const offset = shape.length - x!.shape.length;
    const strides = stridesOf(x!.shape);
    const outStrides = stridesOf(shape);
    for (let i = 0; i < sizeOf(shape); i++) {
      let source = 0;
      for (let axis = 0; axis < x!.shape.length; axis++) {
        if (x!.shape[axis] === 1) continue;
        source += (Math.floor(i / outStrides[offset + axis]!) % shape[offset + axis]!) * strides[axis]!;
      }
      out.data[i] = x!.data[source]!;
    }
  },
  vjp: ({ inputs: [x], gradient }) => [sumTo(gradient, x!.shape)],
  examples: (draw) => {
    const to = draw.shape(3, 3);
    const from = to.map((extent) => (draw.bool() ? 1 : extent)).slice(draw.int(0, 2));
    return { inputs: [{ shape: from }], attrs: { shape: to } };
  },
});

/** Stretches axes of extent 1 (and missing leading axes) to `shape`, by NumPy's broadcasting rule. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return apply(expandOp, [x], { shape: [...shape] });
}
