import type { Draw } from "../core/draw.ts";
import { isFloating } from "../core/dtype.ts";
import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op, type OpDefinition, type TensorSpec } from "../core/op.ts";
import { normalizeAxes, type Shape, sameShape, sizeOf, stridesOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { div, square, sub } from "./arithmetic.ts";
import { equal, where } from "./compare.ts";
import { expand } from "./expand.ts";
import { asTensor, cast, type TensorLike } from "./like.ts";
import { sqrt } from "./math.ts";
import { iota, reshape } from "./movement.ts";

export type Axes = number | readonly number[];

export interface ReduceOptions {
  /** Keep the reduced axes with extent 1. */
  readonly keepDims?: boolean;
}

/** The reduced axes, sorted and counted from the front; they stay with extent 1. */
type ReduceAttrs = { readonly axes: readonly number[] };

function reducedShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

/** Calls `visit(output position, input position, running number within the output's group)` for every input element. */
export function forEachReduced(
  input: TensorSpec,
  axes: readonly number[],
  visit: (out: number, source: number, step: number) => void,
): void {
  const outStrides = stridesOf(reducedShape(input.shape, axes));
  const strides = stridesOf(input.shape);
  const groupStrides = stridesOf(axes.map((axis) => input.shape[axis]!));
  for (let i = 0; i < sizeOf(input.shape); i++) {
    let out = 0;
    let step = 0;
    for (let axis = 0; axis < strides.length; axis++) {
      const coordinate = Math.floor(i / strides[axis]!) % input.shape[axis]!;
      const k = axes.indexOf(axis);
      if (k >= 0) step += coordinate * groupStrides[k]!;
      else out += coordinate * outStrides[axis]!;
    }
    visit(out, i, step);
  }
}

function defineReduction(definition: {
  readonly name: string;
  readonly initial: number;
  readonly combine: (a: number, b: number) => number;
  readonly vjp: NonNullable<OpDefinition<ReduceAttrs>["vjp"]>;
}): Op<ReduceAttrs> {
  const { name, initial, combine, vjp } = definition;
  return defineOp<ReduceAttrs>({
    name,
    shape: ([x], { axes }) => ({ shape: reducedShape(x!.shape, axes), dtype: x!.dtype }),
    reference: ([x], { axes }, out) => {
      out.data.fill(initial);
      forEachReduced(x!, axes, (to, from) => {
        out.data[to] = combine(out.data[to]!, x!.data[from]!);
      });
    },
    vjp,
    examples: drawReduction,
  });
}

function drawReduction(draw: Draw): { inputs: { shape: number[] }[]; attrs: { axes: number[] } } {
  const shape = draw.shape(draw.int(1, 4), 5);
  const axes = shape.map((_, axis) => axis).filter(() => draw.bool());
  return { inputs: [{ shape }], attrs: { axes: axes.length > 0 ? axes : [draw.int(0, shape.length - 1)] } };
}

const sumOp: Op<ReduceAttrs> = defineReduction({
  name: "sum",
  initial: 0,
  combine: (a, b) => a + b,
  vjp: ({ inputs: [x], gradient }) => [expand(gradient, x!.shape)],
});

const maxOp: Op<ReduceAttrs> = defineReduction({
  name: "max",
  initial: Number.NEGATIVE_INFINITY,
  combine: Math.max,
  vjp: ({ inputs: [x], gradient, attrs }) => [
    scatterToFirst(x!, apply(argmaxOp, [x!], attrs), gradient, attrs.axes),
  ],
});

const minOp: Op<ReduceAttrs> = defineReduction({
  name: "min",
  initial: Number.POSITIVE_INFINITY,
  combine: Math.min,
  vjp: ({ inputs: [x], gradient, attrs }) => [
    scatterToFirst(x!, apply(argminOp, [x!], attrs), gradient, attrs.axes),
  ],
});

/** `gradient` at the position that `index` names within each group of reduced elements, and 0 elsewhere. */
function scatterToFirst(x: Tensor, index: Tensor, gradient: Tensor, axes: readonly number[]): Tensor {
  const extents = x.shape.map((extent, axis) => (axes.includes(axis) ? extent : 1));
  const position = reshape(iota(sizeOf(extents)), extents);
  return where(equal(index, position), gradient, 0);
}

function defineArgReduction(
  name: string,
  better: (candidate: number, best: number) => boolean,
): Op<ReduceAttrs> {
  return defineOp<ReduceAttrs>({
    name,
    shape: ([x], { axes }) => ({ shape: reducedShape(x!.shape, axes), dtype: "int32" }),
    reference: ([x], { axes }, out) => {
      const best = new Float64Array(out.data.length);
      forEachReduced(x!, axes, (to, from, step) => {
        const value = x!.data[from]!;
        if (step === 0 || better(value, best[to]!) || (Number.isNaN(value) && !Number.isNaN(best[to]!))) {
          best[to] = value;
          out.data[to] = step;
        }
      });
    },
    differentiable: false,
    examples: drawReduction,
  });
}

const argmaxOp: Op<ReduceAttrs> = defineArgReduction("argmax", (a, b) => a > b);
const argminOp: Op<ReduceAttrs> = defineArgReduction("argmin", (a, b) => a < b);

function reduceWith(op: Op<ReduceAttrs>, x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const t = asTensor(x);
  const list = normalizeAxes(op.name, axes, t.rank);
  if (op !== sumOp && list.some((axis) => t.shape[axis] === 0)) {
    throw new ShapeError(op.name, "a reduction over no elements has no result", { x: t.shape });
  }
  const kept = list.length === 0 && op !== argmaxOp && op !== argminOp ? t : apply(op, [t], { axes: list });
  return options.keepDims ? kept : dropAxes(kept, list);
}

function dropAxes(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length === 0) return x;
  return reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

/** Sum over `axes` (default all). bool and uint8 are summed as int32. */
export function sum(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  const t = asTensor(x);
  return reduceWith(sumOp, t.dtype === "bool" || t.dtype === "uint8" ? cast(t, "int32") : t, axes, options);
}

/** Largest element over `axes` (default all). The gradient goes to the first of equal ones. */
export function max(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduceWith(maxOp, x, axes, options);
}

/** Smallest element over `axes` (default all). The gradient goes to the first of equal ones. */
export function min(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return reduceWith(minOp, x, axes, options);
}

/** Position (int32) of the first largest element along `axis`, or in the flattened tensor. */
export function argmax(x: TensorLike, axis?: number, options?: ReduceOptions): Tensor {
  return reduceWith(argmaxOp, x, axis, options);
}

/** Position (int32) of the first smallest element along `axis`, or in the flattened tensor. */
export function argmin(x: TensorLike, axis?: number, options?: ReduceOptions): Tensor {
  return reduceWith(argminOp, x, axis, options);
}

/** Arithmetic mean over `axes` (default all). */
export function mean(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  const t = asTensor(x);
  const total = sum(isFloating(t.dtype) ? t : cast(t, "float32"), axes, options);
  return div(total, countOf(t, axes));
}

export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the count in the divisor; 1 (the default) gives the unbiased estimate. */
  readonly correction?: number;
}

/** Σ (x − mean)² / (n − correction) over `axes` (default all). */
export function variance(x: TensorLike, axes?: Axes, options: VarianceOptions = {}): Tensor {
  const t = asTensor(x);
  const centered = sub(t, mean(t, axes, { keepDims: true }));
  return div(sum(square(centered), axes, options), countOf(t, axes) - (options.correction ?? 1));
}

/** Square root of {@link variance}. */
export function std(x: TensorLike, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return sqrt(variance(x, axes, options));
}

function countOf(x: Tensor, axes?: Axes): number {
  return sizeOf(normalizeAxes("mean", axes, x.rank).map((axis) => x.shape[axis]!));
}

/** Sums a tensor that was broadcast back to the shape that it came from. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const offset = x.rank - shape.length;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis < offset || shape[axis - offset] === 1);
  const stretched = axes.filter((axis) => x.shape[axis] !== 1);
  return reshape(stretched.length > 0 ? sum(x, stretched, { keepDims: true }) : x, shape);
}
