import type { Sides } from "./spatial.ts";

/** How windows lie over the spatial axes: one entry for each axis. */
export type WindowSettings = {
  /** Taps of a window. */
  readonly kernel: readonly number[];
  /** Distance of neighbouring windows. */
  readonly stride: readonly number[];
  readonly padding: readonly Sides[];
  /** Distance of a window's neighbouring taps. */
  readonly dilation: readonly number[];
};

export interface WindowGeometry extends WindowSettings {
  /** Extents of the axes that the windows lie over. */
  readonly extent: readonly number[];
  /** Number of windows along each axis. */
  readonly size: readonly number[];
}

/** The number of elements that a window reaches over: d(k − 1) + 1. */
export function reach(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/** The number of windows that fit: ⌊(n + low + high − d(k − 1) − 1) / s⌋ + 1, and 0 where not even one does. */
export function windowCount(
  extent: number,
  kernel: number,
  stride: number,
  [low, high]: Sides,
  dilation: number,
): number {
  return Math.max(0, Math.floor((extent + low + high - reach(kernel, dilation)) / stride) + 1);
}

/** {@link windowCount} of each axis. */
export function windowCounts(
  extent: readonly number[],
  { kernel, stride, padding, dilation }: WindowSettings,
): number[] {
  return extent.map((n, a) => windowCount(n, kernel[a]!, stride[a]!, padding[a]!, dilation[a]!));
}

/** The taps along one axis that fall on an element; the lists run in parallel. */
interface AxisTaps {
  readonly x: readonly number[];
  readonly k: readonly number[];
  readonly y: readonly number[];
}

/** All y < size and k < kernel for which x = y·s − low + k·d lies in [0, extent). */
function axisTaps(geometry: WindowGeometry, axis: number): AxisTaps {
  const { extent, kernel, size, stride, padding, dilation } = geometry;
  const taps = { x: [] as number[], k: [] as number[], y: [] as number[] };
  for (let y = 0; y < size[axis]!; y++) {
    for (let k = 0; k < kernel[axis]!; k++) {
      const x = y * stride[axis]! - padding[axis]![0] + k * dilation[axis]!;
      if (x < 0 || x >= extent[axis]!) continue;
      taps.x.push(x);
      taps.k.push(k);
      taps.y.push(y);
    }
  }
  return taps;
}

/** Calls back with row-major positions in the extents, in a window, and among the windows. */
export type TapVisitor = (x: number, k: number, y: number) => void;

/**
 * A walk over all pairs of window y and tap k that fall on an element x = y·s − low + k·d on every axis. The taps of
 * any one window come in row-major order.
 *
 * This is where every sliding-window operation gets its index arithmetic from: convolution, its two gradients,
 * window, fold and pooling. The axes do not depend on each other, so their taps are listed once and combined.
 */
export function tapsOf(geometry: WindowGeometry): (visit: TapVisitor) => void {
  const { extent, kernel, size } = geometry;
  const taps = extent.map((_, axis) => axisTaps(geometry, axis));
  const walk = (axis: number, x: number, k: number, y: number, visit: TapVisitor): void => {
    const { x: xs, k: ks, y: ys } = taps[axis]!;
    const last = axis === taps.length - 1;
    for (let i = 0; i < xs.length; i++) {
      const nextX = x * extent[axis]! + xs[i]!;
      const nextK = k * kernel[axis]! + ks[i]!;
      const nextY = y * size[axis]! + ys[i]!;
      if (last) visit(nextX, nextK, nextY);
      else walk(axis + 1, nextX, nextK, nextY, visit);
    }
  };
  return (visit) => walk(0, 0, 0, 0, visit);
}
