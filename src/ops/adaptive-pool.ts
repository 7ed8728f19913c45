import type { Draw } from "../core/draw.ts";
import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Example, type Op, type TensorSpec } from "../core/op.ts";
import { type Shape, sizeOf, stridesOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { avgPool } from "./avg-pool.ts";
import { bandOf } from "./band.ts";
import { take } from "./gather.ts";
import type { TensorLike } from "./like.ts";
import { maxPool } from "./max-pool.ts";
import { reshape } from "./movement.ts";
import { spatialExtents, withSpatial } from "./pool-geometry.ts";
import { asReal } from "./real.ts";
import { max } from "./reduce.ts";
import { resample } from "./resample.ts";
import { type PerAxis, perAxis } from "./spatial.ts";

type AdaptiveAttrs = {
  /** Extents of the result's last axes. */
  readonly size: readonly number[];
};

interface Region {
  readonly start: number;
  readonly end: number;
}

/** The elements that each of `size` outputs looks at along an axis: [⌊o·n / size⌋, ⌈(o + 1)·n / size⌉). */
function regions(extent: number, size: number): Region[] {
  return Array.from({ length: size }, (_, o) => ({
    start: Math.floor((o * extent) / size),
    end: Math.ceil(((o + 1) * extent) / size),
  }));
}

function regionsOf(x: Shape, size: readonly number[]): Region[][] {
  return size.map((count, a) => regions(x[x.length - size.length + a]!, count));
}

/** Whether the regions are windows side by side, which a pooling with the stride of its kernel has as well. */
function isPlain(x: Shape, size: readonly number[]): boolean {
  return size.every((count, a) => x[x.length - size.length + a]! % count === 0);
}

function plainKernel(x: Shape, size: readonly number[]): number[] {
  return size.map((count, a) => x[x.length - size.length + a]! / count);
}

/** Calls `visit(output position, input position, number of elements in the region)`. */
function forEachInRegions(
  x: TensorSpec,
  size: readonly number[],
  visit: (out: number, source: number, count: number) => void,
): void {
  const extent = x.shape.slice(-size.length);
  const along = regionsOf(x.shape, size);
  const strides = stridesOf(size);
  const elements = sizeOf(extent);
  for (let o = 0; o < sizeOf(x.shape.slice(0, -size.length)) * sizeOf(size); o++) {
    const lead = Math.floor(o / sizeOf(size));
    const region = along.map((list, a) => list[Math.floor(o / strides[a]!) % size[a]!]!);
    const count = region.reduce((total, { start, end }) => total * (end - start), 1);
    const walk = (axis: number, at: number): void => {
      if (axis === size.length) {
        visit(o, lead * elements + at, count);
        return;
      }
      for (let i = region[axis]!.start; i < region[axis]!.end; i++) walk(axis + 1, at * extent[axis]! + i);
    };
    walk(0, 0);
  }
}

const adaptiveAvgPoolOp: Op<AdaptiveAttrs> = defineOp<AdaptiveAttrs>({
  name: "adaptiveAvgPool",
  shape: ([x], { size }) => ({ shape: withSpatial(x!.shape, size), dtype: x!.dtype }),
  reference: ([x], { size }, out) => {
    forEachInRegions(x!, size, (o, i, count) => {
      out.data[o]! += x!.data[i]! / count;
    });
  },
  decompose: ([x], { size }) => {
    if (isPlain(x!.shape, size)) {
      return avgPool("adaptiveAvgPool", size.length, x!, plainKernel(x!.shape, size));
    }
    return regionsOf(x!.shape, size).reduce((y, list, a) => {
      const axis = x!.rank - size.length + a;
      const rows = list.map(({ start, end }) => ({
        start,
        weights: new Array<number>(end - start).fill(1 / (end - start)),
      }));
      return resample(y, axis, bandOf(x!.shape[axis]!, rows));
    }, x!);
  },
  examples: drawAdaptive,
});

const adaptiveMaxPoolOp: Op<AdaptiveAttrs> = defineOp<AdaptiveAttrs>({
  name: "adaptiveMaxPool",
  shape: ([x], { size }) => ({ shape: withSpatial(x!.shape, size), dtype: x!.dtype }),
  reference: ([x], { size }, out) => {
    out.data.fill(Number.NEGATIVE_INFINITY);
    forEachInRegions(x!, size, (o, i) => {
      out.data[o] = Math.max(out.data[o]!, x!.data[i]!);
    });
  },
  decompose: ([x], { size }) => {
    if (isPlain(x!.shape, size)) {
      return maxPool("adaptiveMaxPool", size.length, x!, plainKernel(x!.shape, size), {});
    }
    const lead = x!.shape.slice(0, -size.length);
    const along = regionsOf(x!.shape, size);
    const widths = along.map((list) => Math.max(...list.map(({ start, end }) => end - start)));
    // Shorter regions name their last element again, which does not change their maximum.
    const gathered = along.reduce((y, list, a) => {
      const at = list.flatMap(({ start, end }) =>
        Array.from({ length: widths[a]! }, (_, k) => Math.min(start + k, end - 1)),
      );
      return take(y, at, lead.length + a);
    }, x!);
    const split = reshape(gathered, [...lead, ...size.flatMap((count, a) => [count, widths[a]!])]);
    return max(
      split,
      size.map((_, a) => lead.length + 2 * a + 1),
    );
  },
  examples: drawAdaptive,
});

function drawAdaptive(draw: Draw): Example<AdaptiveAttrs> {
  const rank = draw.int(1, 2);
  const shape = [...draw.shape(draw.int(1, 2), 2), ...draw.shape(rank, 6)];
  const plain = draw.bool(0.3);
  const size = shape.slice(-rank).map((extent) => (plain ? 1 : draw.int(1, extent + 1)));
  return { inputs: [{ shape }], attrs: { size } };
}

/**
 * y[…, o] = mean of x[…, i] over ⌊o·L / out⌋ ≤ i < ⌈(o + 1)·L / out⌉, so that the result has the wanted size.
 *
 * x [N, C, L] or [C, L] → [N, C, out] or [C, out].
 *
 * @throws ShapeError if axes do not fit or a spatial axis is empty.
 */
export function adaptiveAvgPool1d(x: TensorLike, outputSize: PerAxis): Tensor {
  return adaptivePool(adaptiveAvgPoolOp, "adaptiveAvgPool1d", 1, x, outputSize);
}

/** {@link adaptiveAvgPool1d} over two spatial axes: x [N, C, H, W] or [C, H, W]. */
export function adaptiveAvgPool2d(x: TensorLike, outputSize: PerAxis): Tensor {
  return adaptivePool(adaptiveAvgPoolOp, "adaptiveAvgPool2d", 2, x, outputSize);
}

/**
 * y[…, o] = max of x[…, i] over ⌊o·L / out⌋ ≤ i < ⌈(o + 1)·L / out⌉, so that the result has the wanted size.
 *
 * x [N, C, L] or [C, L] → [N, C, out] or [C, out]. The gradient goes to the first of equal elements.
 *
 * @throws ShapeError if axes do not fit or a spatial axis is empty.
 */
export function adaptiveMaxPool1d(x: TensorLike, outputSize: PerAxis): Tensor {
  return adaptivePool(adaptiveMaxPoolOp, "adaptiveMaxPool1d", 1, x, outputSize);
}

/** {@link adaptiveMaxPool1d} over two spatial axes: x [N, C, H, W] or [C, H, W]. */
export function adaptiveMaxPool2d(x: TensorLike, outputSize: PerAxis): Tensor {
  return adaptivePool(adaptiveMaxPoolOp, "adaptiveMaxPool2d", 2, x, outputSize);
}

function adaptivePool(
  op: Op<AdaptiveAttrs>,
  name: string,
  rank: number,
  x: TensorLike,
  outputSize: PerAxis,
): Tensor {
  const t = asReal(x);
  const size = perAxis(name, "outputSize", outputSize, rank, 1);
  if (spatialExtents(name, t.shape, rank).includes(0)) {
    throw new ShapeError(name, "a spatial axis has no elements", { x: t.shape });
  }
  return apply(op, [t], { size });
}
