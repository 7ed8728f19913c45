import { apply, defineOp, type Op } from "../core/op.ts";
import { normalizeAxes } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { div, mul, square } from "./arithmetic.ts";
import { equal, where } from "./compare.ts";
import type { TensorLike } from "./like.ts";
import { abs, sqrt } from "./math.ts";
import { squeeze } from "./movement.ts";
import { asReal } from "./real.ts";
import { type Axes, forEachReduced, type ReduceOptions, sum } from "./reduce.ts";

type ReduceAttrs = { readonly axes: readonly number[] };

const normOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "norm",
  shape: ([x], { axes }) => ({
    shape: x!.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
    dtype: x!.dtype,
  }),
  reference: ([x], { axes }, out) => {
    forEachReduced(x!, axes, (to, from) => {
      out.data[to]! += x!.data[from]! ** 2;
    });
    for (let i = 0; i < out.data.length; i++) out.data[i] = Math.sqrt(out.data[i]!);
  },
  decompose: ([x], { axes }) => sqrt(sum(square(x!), axes, { keepDims: true })),
  vjp: ({ inputs: [x], output, gradient }) => [mul(x!, div(gradient, where(equal(output, 0), 1, output)))],
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 3), 4);
    const axes = shape.map((_, axis) => axis).filter(() => draw.bool());
    return { inputs: [{ shape, range: [0.2, 2] }], attrs: { axes: axes.length > 0 ? axes : [0] } };
  },
});

/** Euclidean norm √(Σ x²) over `axes` (default all); its gradient where it is 0 is taken as 0. */
export function norm(x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const t = asReal(x);
  const list = normalizeAxes("norm", axes, t.rank);
  if (list.length === 0) return abs(t);
  const kept = apply(normOp, [t], { axes: list });
  return options.keepDims ? kept : squeeze(kept, list);
}
