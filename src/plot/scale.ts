import { ArgumentError } from "../core/errors.ts";

export type ScaleKind = "linear" | "log";

/** From values to places between 0 and 1 along an axis. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/**
 * A scale that holds all finite `values`, those greater than zero for `log`.
 *
 * @param exact whether it ends at the outermost values; otherwise it ends at ticks or leaves a little room.
 */
export function makeScale(kind: ScaleKind, values: Iterable<number>, exact = false): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value) || (kind === "log" && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = kind === "log" ? [1, 10] : [0, 1];
  return kind === "log" ? logScale(low, high, exact) : linearScale(low, high, exact);
}

function linearScale(least: number, most: number, exact: boolean): Scale {
  let [low, high] = [least, most];
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const step = niceStep((high - low) / 5);
  if (!exact) [low, high] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // A multiple of the step and not a sum of steps, so that ticks are as round as they are written.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  return { ticks, at: (value) => (value - low) / (high - low) };
}

function logScale(least: number, most: number, exact: boolean): Scale {
  let [low, high] = [Math.log10(least), Math.log10(most)];
  if (high - low < 0.05) [low, high] = [low - 0.15, high + 0.15];
  else if (!exact) [low, high] = [low - (high - low) * 0.03, high + (high - low) * 0.03];
  const decades = high - low;
  const mantissas = decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const skip = Math.max(1, Math.ceil(decades / 8));
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    if (power % skip !== 0) continue;
    for (const mantissa of mantissas) {
      const tick = Number((mantissa * 10 ** power).toPrecision(12));
      if (Math.log10(tick) >= low - 1e-9 && Math.log10(tick) <= high + 1e-9) ticks.push(tick);
    }
  }
  return { ticks, at: (value) => (Math.log10(value) - low) / (high - low) };
}

/** The 1, 2 or 5 times a power of ten that is at least `rough`. */
function niceStep(rough: number): number {
  if (!(rough > 0)) throw new ArgumentError(`plot: the axis has no extent (${rough})`);
  const power = 10 ** Math.floor(Math.log10(rough));
  const mantissa = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9))!;
  return mantissa * power;
}

/** A tick as it is written: 0.05, 1,000, 1e-7. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential().replace("e+", "e");
  return value.toLocaleString("en", { maximumFractionDigits: 6 });
}
