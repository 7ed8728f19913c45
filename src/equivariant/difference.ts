/** How far two results are apart. */
export interface Difference {
  /** max |a − b| */
  readonly absolute: number;
  /** max |a − b| / max |b|; infinite where b is zero everywhere and a is not, or either has no finite values. */
  readonly relative: number;
}

export function differenceOf(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  let absolute = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (!(apart <= absolute)) absolute = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return { absolute, relative: relativeTo(absolute, scale) };
}

/** @param scale the largest value of the expected result. */
export function relativeTo(absolute: number, scale: number): number {
  if (absolute === 0) return 0;
  const relative = absolute / scale;
  return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
}
