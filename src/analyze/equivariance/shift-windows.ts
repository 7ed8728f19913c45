import type { WindowSettings } from "../../ops/window-geometry.ts";
import type { Mask } from "./shift-state.ts";

/** Clean windows: all their taps lie on clean elements, and none beside them. */
export function windowsMask(clean: Mask, settings: WindowSettings, axis: number, size: number): Mask {
  const { kernel, stride, padding, dilation } = settings;
  return Uint8Array.from({ length: size }, (_, y) => {
    for (let k = 0; k < kernel[axis]!; k++) {
      if (!clean[y * stride[axis]! - padding[axis]![0] + k * dilation[axis]!]) return 0;
    }
    return 1;
  });
}

/** Clean elements of a transposed convolution: all windows that would fall on them are there, and clean. */
export function elementsMask(clean: Mask, settings: WindowSettings, axis: number, extent: number): Mask {
  const { kernel, stride, padding, dilation } = settings;
  return Uint8Array.from({ length: extent }, (_, p) => {
    for (let k = 0; k < kernel[axis]!; k++) {
      const y = (p + padding[axis]![0] - k * dilation[axis]!) / stride[axis]!;
      if (Number.isInteger(y) && !clean[y]) return 0;
    }
    return 1;
  });
}

/** Clean elements of a padded axis: those that were there, and what is put between two clean ones. */
export function paddedMask(clean: Mask, low: number, interior: number, size: number): Mask {
  const step = interior + 1;
  return Uint8Array.from({ length: size }, (_, p) => {
    const at = (p - low) / step;
    return clean[Math.floor(at)] && clean[Math.ceil(at)] ? 1 : 0;
  });
}

/** A banded matrix whose rows repeat: row o + period is row o, `advance` columns on, wherever `regular[o]` is 1. */
export interface PeriodicBand {
  readonly period: number;
  readonly advance: number;
  readonly regular: Mask;
}

/** The period of a banded matrix of `rows` rows, if the ratio of its extents is one. */
export function periodOf(
  extent: number,
  start: readonly number[],
  weights: readonly (readonly number[])[],
): PeriodicBand | undefined {
  const rows = start.length;
  for (let period = 1; 2 * period <= rows; period++) {
    const advance = (extent * period) / rows;
    if (!Number.isInteger(advance)) continue;
    const alike = (a: number, b: number): boolean =>
      b >= 0 && b < rows && sameRow(start, weights, a, b, ((b - a) / period) * advance);
    const regular = Uint8Array.from({ length: rows }, (_, o) =>
      alike(o, o + period) || alike(o, o - period) ? 1 : 0,
    );
    return { period, advance, regular };
  }
  return undefined;
}

/** Whether two rows hold the same numbers, `by` columns apart; zeros at a row's ends count for nothing. */
function sameRow(
  start: readonly number[],
  weights: readonly (readonly number[])[],
  a: number,
  b: number,
  by: number,
): boolean {
  const entries = (o: number, shift: number): string =>
    weights[o]!.flatMap((weight, k) => (weight === 0 ? [] : [`${start[o]! + k + shift}:${weight}`])).join();
  return entries(a, by) === entries(b, 0);
}
