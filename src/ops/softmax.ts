import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op, type RefArray } from "../core/op.ts";
import { normalizeAxis, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { div, mul, sub } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
import { exp, log } from "./math.ts";
import { asReal } from "./real.ts";
import { max, sum } from "./reduce.ts";

type AxisAttrs = { readonly axis: number };

const keepDims = { keepDims: true } as const;

/** Calls `visit` with the first position, the step and the count of every line along `axis`. */
function forEachLine(
  { shape }: RefArray,
  axis: number,
  visit: (start: number, step: number, count: number) => void,
): void {
  const step = sizeOf(shape.slice(axis + 1));
  const count = shape[axis]!;
  for (let outer = 0; outer < sizeOf(shape.slice(0, axis)); outer++) {
    for (let inner = 0; inner < step; inner++) visit(outer * count * step + inner, step, count);
  }
}

/** ln Σ exp(x) of one line. */
function lineLogSumExp(data: Float64Array, start: number, step: number, count: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) largest = Math.max(largest, data[start + i * step]!);
  let total = 0;
  for (let i = 0; i < count; i++) total += Math.exp(data[start + i * step]! - largest);
  return largest + Math.log(total);
}

function drawLines(draw: {
  shape(rank: number, largest?: number): number[];
  int(a: number, b: number): number;
}): {
  inputs: { shape: number[]; range: [number, number] }[];
  attrs: AxisAttrs;
} {
  const shape = draw.shape(draw.int(1, 3), 5);
  return { inputs: [{ shape, range: [-4, 4] }], attrs: { axis: draw.int(0, shape.length - 1) } };
}

const softmaxOp: Op<AxisAttrs> = defineOp<AxisAttrs>({
  name: "softmax",
  shape: ([x]) => x!,
  reference: ([x], { axis }, out) =>
    forEachLine(x!, axis, (start, step, count) => {
      const total = lineLogSumExp(x!.data, start, step, count);
      for (let i = start; i < start + count * step; i += step) out.data[i] = Math.exp(x!.data[i]! - total);
    }),
  decompose: ([x], { axis }) => {
    const e = exp(sub(x!, max(x!, axis, keepDims)));
    return div(e, sum(e, axis, keepDims));
  },
  // y (g − Σ g y)
  vjp: ({ output, gradient, attrs: { axis } }) => [
    mul(output, sub(gradient, sum(mul(gradient, output), axis, keepDims))),
  ],
  examples: drawLines,
});

/** exp(x) / Σ exp(x) along `axis`, computed from x − max(x) so that nothing overflows. */
export function softmax(x: TensorLike, axis = -1): Tensor {
  return applyAlong(softmaxOp, x, axis);
}

const logSoftmaxOp: Op<AxisAttrs> = defineOp<AxisAttrs>({
  name: "logSoftmax",
  shape: ([x]) => x!,
  reference: ([x], { axis }, out) =>
    forEachLine(x!, axis, (start, step, count) => {
      const total = lineLogSumExp(x!.data, start, step, count);
      for (let i = start; i < start + count * step; i += step) out.data[i] = x!.data[i]! - total;
    }),
  decompose: ([x], { axis }) => {
    const shifted = sub(x!, max(x!, axis, keepDims));
    return sub(shifted, log(sum(exp(shifted), axis, keepDims)));
  },
  // g − softmax(x) Σ g
  vjp: ({ output, gradient, attrs: { axis } }) => [
    sub(gradient, mul(exp(output), sum(gradient, axis, keepDims))),
  ],
  examples: drawLines,
});

/** ln softmax(x) = x − ln Σ exp(x) along `axis`, finite wherever x is. */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  return applyAlong(logSoftmaxOp, x, axis);
}

function applyAlong(op: Op<AxisAttrs>, x: TensorLike, axis: number): Tensor {
  const t = asReal(x);
  const at = normalizeAxis(op.name, axis, t.rank);
  if (t.shape[at] === 0) throw new ShapeError(op.name, `axis ${axis} has no elements`, { x: t.shape });
  return apply(op, [t], { axis: at });
}
