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

/** Pairs of a window and a tap that fall on an element; the lists run in parallel and hold row-major positions. */
export interface Taps {
  /** Elements. */
  readonly x: Int32Array;
  /** Taps, within their window. */
  readonly k: Int32Array;
  /** Windows. */
  readonly y: Int32Array;
}

/** All y < size and k < kernel for which x = y·s − low + k·d lies in [0, extent). */
function axisTaps(geometry: WindowGeometry, axis: number): Taps {
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
  return { x: Int32Array.from(taps.x), k: Int32Array.from(taps.k), y: Int32Array.from(taps.y) };
}

/**
 * All pairs of window y and tap k that fall on an element x = y·s − low + k·d on every axis. The taps of any one window
 * come in row-major order.
 *
 * This is where every sliding-window operation gets its index arithmetic from: convolution, its two gradients,
 * window, fold and pooling. The axes do not depend on each other, so their pairs are listed one by one and combined.
 */
export function tapsOf(geometry: WindowGeometry): Taps {
  const { extent, kernel, size } = geometry;
  const none: Taps = { x: Int32Array.of(0), k: Int32Array.of(0), y: Int32Array.of(0) };
  return extent.reduce<Taps>((outer, _, axis) => {
    const inner = axisTaps(geometry, axis);
    return {
      x: combine(outer.x, inner.x, extent[axis]!),
      k: combine(outer.k, inner.k, kernel[axis]!),
      y: combine(outer.y, inner.y, size[axis]!),
    };
  }, none);
}

/** Row-major positions over one more axis: outer · extent + inner for all pairs. */
function combine(outer: Int32Array, inner: Int32Array, extent: number): Int32Array {
  const combined = new Int32Array(outer.length * inner.length);
  let next = 0;
  for (const o of outer) for (const i of inner) combined[next++] = o * extent + i;
  return combined;
}
