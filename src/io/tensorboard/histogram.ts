/** How often values fall between limits. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** The upper limit of each bucket; the first one begins at `min`. */
  readonly limits: ArrayLike<number>;
  readonly buckets: ArrayLike<number>;
}

/**
 * Counts values in `bucketCount` buckets of equal width from the least to the greatest; values that are not finite are
 * left out, and equal values are one bucket.
 */
export function histogramOf(values: ArrayLike<number>, bucketCount = 30): Histogram {
  let [min, max, count, sum, sumOfSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    count++;
    sum += value;
    sumOfSquares += value * value;
  }
  if (count === 0) return { min: 0, max: 0, count, sum, sumOfSquares, limits: [], buckets: [] };
  if (min === max) return { min, max, count, sum, sumOfSquares, limits: [max], buckets: [count] };
  const scale = bucketCount / (max - min);
  const buckets = new Array<number>(bucketCount).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) buckets[Math.min(bucketCount - 1, Math.floor((value - min) * scale))]!++;
  }
  const limits = buckets.map((_, i) => (i === bucketCount - 1 ? max : min + (i + 1) / scale));
  return { min, max, count, sum, sumOfSquares, limits, buckets };
}
