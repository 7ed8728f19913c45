import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
import { matmul } from "./matmul.ts";
import { reshape, transpose } from "./movement.ts";
import { asReals } from "./real.ts";
import { sum } from "./reduce.ts";

/** Inputs x: [..., in], weight: [out, in] and, if there are three, bias: [out]. */
const linearOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "linear",
  shape: ([x, weight, bias]) => {
    const fits =
      weight!.shape.length === 2 &&
      x!.shape.at(-1) === weight!.shape[1] &&
      (!bias || sameShape(bias.shape, [weight!.shape[0]!]));
    if (!fits) {
      throw new ShapeError(
        "linear",
        x!.shape.at(-1) === weight!.shape[1]
          ? "the weight must be [out, in] and the bias [out]"
          : `input has ${x!.shape.at(-1)} features, but the weight expects ${weight!.shape[1]}`,
        { x: x!.shape, weight: weight!.shape, ...(bias && { bias: bias.shape }) },
        "features lie on the last axis; flatten(x, 1) joins channels and positions",
      );
    }
    return { shape: [...x!.shape.slice(0, -1), weight!.shape[0]!], dtype: x!.dtype };
  },
  reference: ([x, weight, bias], _, out) => {
    const [outputs, inputs] = weight!.shape as [number, number];
    for (let i = 0; i < out.data.length; i++) {
      const row = Math.floor(i / outputs) * inputs;
      const feature = i % outputs;
      let total = bias ? bias.data[feature]! : 0;
      for (let k = 0; k < inputs; k++) total += x!.data[row + k]! * weight!.data[feature * inputs + k]!;
      out.data[i] = total;
    }
  },
  decompose: ([x, weight, bias]) => {
    const product = matmul(x!, transpose(weight!));
    return bias ? add(product, bias) : product;
  },
  vjp: ({ inputs: [x, weight], gradient, needs }) => {
    const rows = sizeOf(x!.shape.slice(0, -1));
    const flat = reshape(gradient, [rows, weight!.shape[0]!]);
    return [
      needs(0) ? matmul(gradient, weight!) : undefined,
      needs(1) ? matmul(transpose(flat), reshape(x!, [rows, weight!.shape[1]!])) : undefined,
      needs(2) ? sum(flat, 0) : undefined,
    ];
  },
  examples: (draw) => {
    const [outputs, inputs] = draw.shape(2, 5) as [number, number];
    const operands = [{ shape: [...draw.shape(draw.int(0, 2), 3), inputs] }, { shape: [outputs, inputs] }];
    return { inputs: draw.bool(0.7) ? [...operands, { shape: [outputs] }] : operands, attrs: {} };
  },
});

/**
 * x · weightᵀ + bias: [..., in] → [..., out].
 *
 * @param weight of shape [out, in].
 * @param bias of shape [out].
 * @throws ShapeError if the number of features differs.
 */
export function linear(x: TensorLike, weight: TensorLike, bias?: TensorLike): Tensor {
  return apply(linearOp, bias ? asReals(x, weight, bias) : asReals(x, weight), {});
}
