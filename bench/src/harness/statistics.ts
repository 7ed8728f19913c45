/** What is told of repeated measurements: the middle one, and how far they lie apart. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The median of an even number of values is the mean of the two in the middle. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError("summarize: there are no values");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** aᵢ / bᵢ: measurements of one round stand beside each other in time, so that most of what disturbs them cancels. */
export function pairedRatios(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`pairedRatios: ${a.length} values beside ${b.length}`);
  return a.map((value, round) => value / b[round]!);
}

/**
 * The largest max |a − b| / max |b| of any pair of vectors; Infinity where lengths differ or a value is not finite.
 */
export function relativeDifference(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Math.max(0, ...a.map((vector, i) => vectorDifference(vector, b[i]!)));
}

function vectorDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  for (const [i, value] of a.entries()) {
    if (!Number.isFinite(value) || !Number.isFinite(b[i])) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, Math.abs(value - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference === 0 ? 0 : difference / largest;
}
