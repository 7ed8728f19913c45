import { apply, defineOp, type Op } from "../core/op.ts";
import { normalizeAxes } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { equal, where } from "./compare.ts";
import type { TensorLike } from "./like.ts";
import { abs, exp, log } from "./math.ts";
import { squeeze } from "./movement.ts";
import { asReal } from "./real.ts";
import { type Axes, forEachReduced, max, type ReduceOptions, sum } from "./reduce.ts";

type ReduceAttrs = { readonly axes: readonly number[] };

const keepDims = { keepDims: true } as const;

const logSumExpOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "logSumExp",
  shape: ([x], { axes }) => ({
    shape: x!.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
    dtype: x!.dtype,
  }),
  reference: ([x], { axes }, out) => {
    const largest = new Float64Array(out.data.length).fill(Number.NEGATIVE_INFINITY);
    forEachReduced(x!, axes, (to, from) => {
      largest[to] = Math.max(largest[to]!, x!.data[from]!);
    });
    const shift = largest.map((value) => (Math.abs(value) === Number.POSITIVE_INFINITY ? 0 : value));
    forEachReduced(x!, axes, (to, from) => {
      out.data[to]! += Math.exp(x!.data[from]! - shift[to]!);
    });
    for (let i = 0; i < out.data.length; i++) out.data[i] = shift[i]! + Math.log(out.data[i]!);
  },
  decompose: ([x], { axes }) => {
    const largest = max(x!, axes, keepDims);
    // ∞ − ∞ has no value: an infinite maximum is not subtracted.
    const shift = where(equal(abs(largest), Number.POSITIVE_INFINITY), 0, largest);
    return add(log(sum(exp(sub(x!, shift)), axes, keepDims)), shift);
  },
  vjp: ({ inputs: [x], output, gradient }) => [mul(gradient, exp(sub(x!, output)))],
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 3), 5);
    const axes = shape.map((_, axis) => axis).filter(() => draw.bool());
    return { inputs: [{ shape, range: [-4, 4] }], attrs: { axes: axes.length > 0 ? axes : [0] } };
  },
});

/** ln Σ exp(x) over `axes` (default all), computed from x − max(x) so that nothing overflows. */
export function logSumExp(x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const t = asReal(x);
  const list = normalizeAxes("logSumExp", axes, t.rank);
  if (list.length === 0) return t;
  const kept = apply(logSumExpOp, [t], { axes: list });
  return options.keepDims ? kept : squeeze(kept, list);
}
