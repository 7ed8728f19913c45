import { promote } from "../core/dtype.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { normalizeAxes, normalizeAxis, type Shape, sameShape, sizeOf, stridesOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { asTensor, cast, type TensorLike } from "./like.ts";

const reshapeOp: Op<{ readonly shape: Shape }> = defineOp({
  name: "reshape",
  shape: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new ShapeError("reshape", `${sizeOf(x!.shape)} elements do not fill the new shape`, {
        x: x!.shape,
        to: shape,
      });
    }
    return { shape, dtype: x!.dtype };
  },
  reference: ([x], _, out) => out.data.set(x!.data),
  vjp: ({ inputs: [x], gradient }) => [reshape(gradient, x!.shape)],
  examples: (draw) => {
    const shape = draw.shape(3);
    const [a, b, c] = shape as [number, number, number];
    return {
      inputs: [{ shape }],
      attrs: { shape: draw.pick([[a * b, c], [a, b * c], [a * b * c], [c, a, b, 1]]) },
    };
  },
});

/** The same elements in row-major order under another shape; one extent may be −1 and is worked out. */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const t = asTensor(x);
  const free = shape.indexOf(-1);
  const to = [...shape];
  if (free >= 0) {
    const rest = sizeOf(shape.filter((extent) => extent !== -1));
    to[free] = rest === 0 ? 0 : t.size / rest;
  }
  if (!to.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new ShapeError("reshape", "no whole extents fit", { x: t.shape, to: shape });
  }
  return sameShape(t.shape, to) ? t : apply(reshapeOp, [t], { shape: to });
}

/** Joins the axes from `start` to `end` (both included) into one. */
export function flatten(x: TensorLike, start = 0, end = -1): Tensor {
  const t = asTensor(x);
  if (t.rank === 0) return reshape(t, [1]);
  const from = normalizeAxis("flatten", start, t.rank);
  const to = normalizeAxis("flatten", end, t.rank);
  if (to < from) throw new ShapeError("flatten", `axis ${end} comes before axis ${start}`, { x: t.shape });
  return reshape(t, [
    ...t.shape.slice(0, from),
    sizeOf(t.shape.slice(from, to + 1)),
    ...t.shape.slice(to + 1),
  ]);
}

/** Removes axes of extent 1: the given ones, or all. */
export function squeeze(x: TensorLike, axes?: number | readonly number[]): Tensor {
  const t = asTensor(x);
  const list = axes === undefined ? undefined : normalizeAxes("squeeze", axes, t.rank);
  const bad = list?.find((axis) => t.shape[axis] !== 1);
  if (bad !== undefined)
    throw new ShapeError("squeeze", `axis ${bad} has extent ${t.shape[bad]}, not 1`, { x: t.shape });
  return reshape(
    t,
    t.shape.filter((extent, axis) => (list ? !list.includes(axis) : extent !== 1)),
  );
}

/** Inserts an axis of extent 1 at position `axis` of the result. */
export function unsqueeze(x: TensorLike, axis: number): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis("unsqueeze", axis, t.rank + 1);
  return reshape(t, [...t.shape.slice(0, at), 1, ...t.shape.slice(at)]);
}

const permuteOp: Op<{ readonly order: readonly number[] }> = defineOp({
  name: "permute",
  shape: ([x], { order }) => ({ shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype }),
  reference: ([x], { order }, out) => {
    const strides = stridesOf(x!.shape);
    gatherStrided(
      x!.data,
      out.data,
      out.shape,
      order.map((axis) => strides[axis]!),
      0,
    );
  },
  vjp: ({ gradient, attrs: { order } }) => [permute(gradient, inverseOf(order))],
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 4));
    const order = shape.map((_, axis) => axis).sort(() => draw.unit() - 0.5);
    return { inputs: [{ shape }], attrs: { order } };
  },
});

/** Fills `out` from `data`, where output coordinate i of axis a lies `i · strides[a]` from `offset`. */
function gatherStrided(
  data: Float64Array,
  out: Float64Array,
  shape: Shape,
  strides: readonly number[],
  offset: number,
): void {
  const outStrides = stridesOf(shape);
  for (let i = 0; i < out.length; i++) {
    let source = offset;
    for (let axis = 0; axis < shape.length; axis++) {
      source += (Math.floor(i / outStrides[axis]!) % shape[axis]!) * strides[axis]!;
    }
    out[i] = data[source]!;
  }
}

function inverseOf(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length);
  order.forEach((axis, position) => {
    inverse[axis] = position;
  });
  return inverse;
}

/** Reorders axes: axis i of the result is axis `order[i]` of x. */
export function permute(x: TensorLike, order: readonly number[]): Tensor {
  const t = asTensor(x);
  const full = order.map((axis) => normalizeAxis("permute", axis, t.rank));
  if (full.length !== t.rank || new Set(full).size !== t.rank) {
    throw new ShapeError("permute", `[${order.join(", ")}] does not name each axis once`, { x: t.shape });
  }
  return full.every((axis, i) => axis === i) ? t : apply(permuteOp, [t], { order: full });
}

/** Swaps two axes. */
export function transpose(x: TensorLike, a = -2, b = -1): Tensor {
  const t = asTensor(x);
  const order = t.shape.map((_, axis) => axis);
  const i = normalizeAxis("transpose", a, t.rank);
  const j = normalizeAxis("transpose", b, t.rank);
  [order[i], order[j]] = [order[j]!, order[i]!];
  return permute(t, order);
}

type SliceAttrs = {
  readonly start: readonly number[];
  readonly size: readonly number[];
  /** May be negative: then the axis runs backwards from `start`. */
  readonly step: readonly number[];
};

const sliceOp: Op<SliceAttrs> = defineOp({
  name: "slice",
  shape: ([x], { size }) => ({ shape: size, dtype: x!.dtype }),
  reference: ([x], { start, step }, out) => {
    const strides = stridesOf(x!.shape);
    const offset = start.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    gatherStrided(
      x!.data,
      out.data,
      out.shape,
      step.map((s, axis) => s * strides[axis]!),
      offset,
    );
  },
  vjp: ({ inputs: [x], gradient, attrs: { start, size, step } }) => {
    const backwards = step.map((s, axis) => s < 0 && size[axis]! > 0);
    const forwards = backwards.some(Boolean)
      ? flip(
          gradient,
          backwards.flatMap((is, axis) => (is ? [axis] : [])),
        )
      : gradient;
    const low = start.map((at, axis) => (backwards[axis] ? at + (size[axis]! - 1) * step[axis]! : at));
    const interior = step.map((s) => Math.abs(s) - 1);
    const high = low.map(
      (at, axis) =>
        x!.shape[axis]! - at - (size[axis]! > 0 ? (size[axis]! - 1) * Math.abs(step[axis]!) + 1 : 0),
    );
    return [padConstant(forwards, { low, high, interior, value: 0 })];
  },
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 3), 7);
    const start = shape.map((extent) => draw.int(0, extent - 1));
    const step = shape.map(() => draw.pick([1, 1, 2, 3, -1, -2]));
    const size = shape.map((extent, axis) => {
      const room = step[axis]! > 0 ? extent - 1 - start[axis]! : start[axis]!;
      return draw.int(1, Math.floor(room / Math.abs(step[axis]!)) + 1);
    });
    return { inputs: [{ shape }], attrs: { start, size, step } };
  },
});

/** A range of one axis: from `start` up to and without `end`, every `step`-th; negative positions count from the end. */
export interface Range {
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
}

/**
 * Takes a range of each axis (`null`: all of it); missing trailing axes are taken whole. Python's rules for ranges,
 * steps may be negative.
 */
export function slice(x: TensorLike, ranges: readonly (Range | null)[]): Tensor {
  const t = asTensor(x);
  if (ranges.length > t.rank) {
    throw new ShapeError("slice", `${ranges.length} ranges for ${t.rank} axes`, { x: t.shape });
  }
  const start: number[] = [];
  const size: number[] = [];
  const step: number[] = [];
  t.shape.forEach((extent, axis) => {
    const range = ranges[axis] ?? {};
    const by = range.step ?? 1;
    if (!Number.isInteger(by) || by === 0)
      throw new ArgumentError(`slice: step ${by} is not a whole number other than 0`);
    const clip = (at: number, low: number, high: number): number =>
      Math.min(Math.max(at < 0 ? at + extent : at, low), high);
    const first =
      by > 0 ? clip(range.start ?? 0, 0, extent) : clip(range.start ?? extent - 1, -1, extent - 1);
    const last =
      range.end === undefined
        ? by > 0
          ? extent
          : -1
        : by > 0
          ? clip(range.end, 0, extent)
          : clip(range.end, -1, extent);
    const count = Math.max(0, Math.ceil((last - first) / by));
    start.push(count === 0 ? 0 : first);
    size.push(count);
    step.push(by);
  });
  const whole = sameShape(size, t.shape) && step.every((s) => s === 1);
  return whole ? t : apply(sliceOp, [t], { start, size, step });
}

/** The range [start, end) of one axis. */
export function narrow(x: TensorLike, axis: number, start: number, end: number, step = 1): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis("narrow", axis, t.rank);
  return slice(t, [...new Array<null>(at).fill(null), { start, end, step }]);
}

/** Reverses the order along the given axes. */
export function flip(x: TensorLike, axes: number | readonly number[]): Tensor {
  const t = asTensor(x);
  const list = normalizeAxes("flip", axes, t.rank);
  return slice(
    t,
    t.shape.map((_, axis) => (list.includes(axis) ? { step: -1 } : null)),
  );
}

type PadAttrs = {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Elements put between neighbours. */
  readonly interior: readonly number[];
  readonly value: number;
};

const padOp: Op<PadAttrs> = defineOp({
  name: "pad",
  shape: ([x], { low, high, interior }) => ({
    shape: x!.shape.map((n, axis) => low[axis]! + n + Math.max(0, n - 1) * interior[axis]! + high[axis]!),
    dtype: x!.dtype,
  }),
  reference: ([x], { low, interior, value }, out) => {
    out.data.fill(value);
    const strides = stridesOf(x!.shape);
    const outStrides = stridesOf(out.shape);
    for (let i = 0; i < x!.data.length; i++) {
      let to = 0;
      for (let axis = 0; axis < strides.length; axis++) {
        const coordinate = Math.floor(i / strides[axis]!) % x!.shape[axis]!;
        to += (low[axis]! + coordinate * (1 + interior[axis]!)) * outStrides[axis]!;
      }
      out.data[to] = x!.data[i]!;
    }
  },
  vjp: ({ inputs: [x], gradient, attrs: { low, interior } }) => [
    apply(sliceOp, [gradient], { start: low, size: x!.shape, step: interior.map((n) => n + 1) }),
  ],
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 3));
    const some = (largest: number): number[] => shape.map(() => draw.int(0, largest));
    return {
      inputs: [{ shape }],
      attrs: { low: some(2), high: some(2), interior: some(2), value: draw.pick([0, 1.5]) },
    };
  },
});

/** Puts `low` elements of `value` before, `high` after and `interior` between the elements of each axis. */
export function padConstant(x: TensorLike, attrs: PadAttrs): Tensor {
  const t = asTensor(x);
  const none = [attrs.low, attrs.high, attrs.interior].every((list) => list.every((n) => n === 0));
  return none ? t : apply(padOp, [t], attrs);
}

const concatOp: Op<{ readonly axis: number }> = defineOp({
  name: "concat",
  shape: (inputs, { axis }) => {
    const first = inputs[0]!.shape;
    const bad = inputs.find(({ shape }) => !sameShape(shape.with(axis, 0), first.with(axis, 0)));
    if (bad) {
      throw new ShapeError("concat", `shapes differ beside axis ${axis}`, { first, other: bad.shape });
    }
    const extent = inputs.reduce((total, { shape }) => total + shape[axis]!, 0);
    return { shape: first.with(axis, extent), dtype: inputs[0]!.dtype };
  },
  reference: (inputs, { axis }, out) => {
    const inner = sizeOf(out.shape.slice(axis + 1));
    const outer = sizeOf(out.shape.slice(0, axis));
    let offset = 0;
    for (const input of inputs) {
      const run = input.shape[axis]! * inner;
      for (let o = 0; o < outer; o++) {
        out.data.set(input.data.subarray(o * run, (o + 1) * run), o * out.shape[axis]! * inner + offset);
      }
      offset += run;
    }
  },
  vjp: ({ inputs, gradient, attrs: { axis } }) => {
    let offset = 0;
    return inputs.map((input) => narrow(gradient, axis, offset, (offset += input.shape[axis]!)));
  },
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 3));
    const axis = draw.int(0, shape.length - 1);
    return {
      inputs: Array.from({ length: draw.int(1, 3) }, () => ({ shape: shape.with(axis, draw.int(1, 4)) })),
      attrs: { axis },
    };
  },
});

/** Joins tensors along an axis; the other extents must agree. */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  if (tensors.length === 0) throw new ArgumentError("concat: there is nothing to join");
  const list = tensors.map(asTensor);
  if (list.some((t) => t.rank !== list[0]!.rank)) {
    throw new ShapeError("concat", "tensors have different numbers of axes", { first: list[0]!.shape });
  }
  const dtype = list.map((t) => t.dtype).reduce(promote);
  const typed = list.map((t) => cast(t, dtype));
  return typed.length === 1
    ? typed[0]!
    : apply(concatOp, typed, { axis: normalizeAxis("concat", axis, typed[0]!.rank) });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  const list = tensors.map(asTensor);
  const bad = list.find((t) => !sameShape(t.shape, list[0]!.shape));
  if (bad) throw new ShapeError("stack", "shapes differ", { first: list[0]!.shape, other: bad.shape });
  return concat(
    list.map((t) => unsqueeze(t, axis)),
    axis < 0 && list.length > 0 ? axis + list[0]!.rank + 1 : axis,
  );
}

const iotaOp: Op<{ readonly size: number }> = defineOp({
  name: "iota",
  shape: (_, { size }) => ({ shape: [size], dtype: "int32" }),
  reference: (_, __, out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = i;
  },
  differentiable: false,
  examples: (draw) => ({ inputs: [], attrs: { size: draw.int(1, 9) } }),
});

/** The int32 vector 0, 1, …, size − 1. */
export function iota(size: number): Tensor {
  return apply(iotaOp, [], { size });
}
