import { isFloating } from "../../../core/dtype.ts";
import { sizeOf } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator, Result } from "../node-call.ts";
import { Value } from "../value.ts";
import { int32Range } from "./activations.ts";

type Reduction = (x: Tensor, axes: readonly number[]) => Tensor;

const keepDims = { keepDims: true } as const;

/** A reduction over axes that an input names from version `since` on, and an attribute before; it keeps the axes. */
function reduction(since: number, reduce: Reduction): Operator {
  return (call) => {
    const x = call.tensor(0);
    const named = call.version >= since ? call.optionalNumbers(1, "axes") : call.ints("axes");
    const all = x.shape.map((_, axis) => axis);
    const some = named !== undefined && named.length > 0;
    const none = !some && call.int("noop_with_empty_axes", 0) === 1;
    const axes = some ? call.axes(named, x.rank) : none ? [] : all;
    const kept = reduce(x, axes);
    return call.int("keepdims", 1) === 1
      ? kept
      : o.reshape(
          kept,
          x.shape.filter((_, axis) => !axes.includes(axis)),
        );
  };
}

/** The largest or smallest element; of none, what every other one replaces. */
function extreme(reduce: typeof o.max, emptyReal: number, emptyInt: number): Reduction {
  return (x, axes) => {
    const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
    const whole = x.dtype === "bool" ? o.cast(x, "int32") : x;
    if (x.size === 0) return o.full(shape, isFloating(x.dtype) ? emptyReal : emptyInt, x.dtype);
    return o.cast(reduce(whole, axes, keepDims), x.dtype);
  };
}

/** ∏ x, by halves: there is no division, so zeros have gradients as well. */
function product(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const rows = kept.map((axis) => x.shape[axis]!);
  let factors = o.reshape(o.permute(x, [...kept, ...axes]), [
    ...rows,
    sizeOf(axes.map((axis) => x.shape[axis]!)),
  ]);
  const last = kept.length;
  if (factors.shape[last] === 0)
    return o.ones(
      x.shape.map((n, a) => (axes.includes(a) ? 1 : n)),
      x.dtype,
    );
  while (factors.shape[last]! > 1) {
    const count = factors.shape[last]!;
    const half = Math.floor(count / 2);
    const pairs = o.mul(o.narrow(factors, last, 0, half), o.narrow(factors, last, half, 2 * half));
    factors = count % 2 === 0 ? pairs : o.concat([pairs, o.narrow(factors, last, count - 1, count)], last);
  }
  return o.reshape(
    factors,
    x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
  );
}

function meanOf(x: Tensor, axes: readonly number[]): Tensor {
  return o.cast(o.mean(x, axes, keepDims), x.dtype);
}

function extremePosition(find: typeof o.argmax): Operator {
  return (call): Result => {
    const x = call.tensor(0);
    const axis = call.axis(call.int("axis", 0), x.rank);
    const last = call.int("select_last_index", 0) === 1;
    const options = { keepDims: call.int("keepdims", 1) === 1 };
    const found = find(last ? o.flip(x, axis) : x, axis, options);
    return Value.of(last ? o.sub(x.shape[axis]! - 1, found) : found, "int64");
  };
}

function topK(call: NodeCall): Result[] {
  const x = call.tensor(0);
  const k = call.version < 10 ? (call.int("k") ?? -1) : call.number(1, "k");
  const axis = call.axis(call.int("axis", -1), x.rank);
  if (k === 0) {
    const shape = x.shape.with(axis, 0);
    return [o.zeros(shape, x.dtype), Value.of(o.zeros(shape, "int32"), "int64")];
  }
  const { values, indices } = o.topk(x, k, { axis, largest: call.int("largest", 1) === 1 });
  return [values, Value.of(indices, "int64")];
}

/** Running sums, by steps of 1, 2, 4, …: each adds the sums that ended that far before. */
function cumulativeSum(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const axis = call.axis(call.number(1, "axis"), x.rank);
  const reverse = call.int("reverse", 0) === 1;
  const extent = x.shape[axis]!;
  const shifted = (t: Tensor, by: number): Tensor => {
    const low = x.shape.map((_, a) => (a === axis ? by : 0));
    const none = x.shape.map(() => 0);
    const padded = o.padConstant(t, { low, high: none, interior: none, value: 0 });
    return o.narrow(padded, axis, 0, extent);
  };
  let sums = reverse ? o.flip(x, axis) : x;
  if (call.int("exclusive", 0) === 1) sums = shifted(sums, 1);
  for (let step = 1; step < extent; step *= 2) sums = o.add(sums, shifted(sums, step));
  return reverse ? o.flip(sums, axis) : sums;
}

const sumOf: Reduction = (x, axes) => o.sum(x, axes, keepDims);

export const reduceOperators: Readonly<Record<string, Operator>> = {
  ReduceSum: reduction(13, sumOf),
  ReduceMean: reduction(18, meanOf),
  ReduceMax: reduction(18, extreme(o.max, Number.NEGATIVE_INFINITY, int32Range[0])),
  ReduceMin: reduction(18, extreme(o.min, Number.POSITIVE_INFINITY, int32Range[1])),
  ReduceProd: reduction(18, product),
  ReduceL1: reduction(18, (x, axes) => sumOf(o.abs(x), axes)),
  ReduceL2: reduction(18, (x, axes) => o.cast(o.sqrt(sumOf(o.square(x), axes)), x.dtype)),
  ReduceSumSquare: reduction(18, (x, axes) => sumOf(o.square(x), axes)),
  ReduceLogSum: reduction(18, (x, axes) => o.log(sumOf(x, axes))),
  ReduceLogSumExp: reduction(18, (x, axes) => {
    return x.size === 0 ? o.log(sumOf(x, axes)) : o.logSumExp(x, axes, keepDims);
  }),
  ArgMax: extremePosition(o.argmax),
  ArgMin: extremePosition(o.argmin),
  TopK: topK,
  CumSum: cumulativeSum,
};
