/** The mean of some values and how far they scatter. */
export interface Statistics {
  readonly values: readonly number[];
  readonly mean: number;
  /** √(Σ (x − mean)² / (n − 1)); 0 of a single value. */
  readonly std: number;
}

export function statistics(values: readonly number[]): Statistics {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { values, mean, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** 0.9712 ± 0.0031 as `97.12 ± 0.31 %`, and without the scatter where there is one value. */
export function percent({ values, mean, std }: Statistics, digits = 2): string {
  const scatter = values.length > 1 ? ` ± ${(100 * std).toFixed(digits)}` : "";
  return `${(100 * mean).toFixed(digits)}${scatter} %`;
}

/** A difference of shares, 0.0512 ± 0.003, as `5.12 ± 0.30 points`. */
export function points(difference: Statistics): string {
  return percent(difference).replace("%", "points");
}

/** The error of an accuracy in percent, one standard deviation either way; positive, for logarithmic axes. */
export function errorBand({ mean, std }: Statistics): readonly [low: number, high: number] {
  const error = 100 * (1 - mean);
  return [Math.max(error - 100 * std, error / 10), error + 100 * std];
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
