/**
 * A set of positions along an axis: pairs of first and last, in order, with gaps between them.
 *
 * A plain window is one pair; what dilated kernels see has gaps.
 */
export type Runs = readonly number[];

/** All positions that are in one of the sets. */
export function unionOf(sets: readonly Runs[]): Runs {
  const filled = sets.filter(({ length }) => length > 0);
  if (filled.length <= 1) return filled[0] ?? [];
  const pairs: (readonly [number, number])[] = [];
  for (const set of filled) for (let i = 0; i < set.length; i += 2) pairs.push([set[i]!, set[i + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [first, last] of pairs) {
    const end = joined.length - 1;
    if (end > 0 && first <= joined[end]! + 1) joined[end] = Math.max(joined[end]!, last);
    else joined.push(first, last);
  }
  return joined;
}

export function shifted(runs: Runs, by: number): Runs {
  return by === 0 ? runs : runs.map((position) => position + by);
}

/** Those positions that lie in [0, extent). */
export function clipped(runs: Runs, extent: number): Runs {
  const kept: number[] = [];
  for (let i = 0; i < runs.length; i += 2) {
    const [first, last] = [Math.max(runs[i]!, 0), Math.min(runs[i + 1]!, extent - 1)];
    if (first <= last) kept.push(first, last);
  }
  return kept;
}

/** From the first position to the last, those of gaps between included. */
export function spanOf(runs: Runs): number {
  return runs.length === 0 ? 0 : runs.at(-1)! - runs[0]! + 1;
}

export function countOf(runs: Runs): number {
  let count = 0;
  for (let i = 0; i < runs.length; i += 2) count += runs[i + 1]! - runs[i]! + 1;
  return count;
}

export function sameRuns(a: Runs, b: Runs): boolean {
  return a.length === b.length && a.every((position, i) => position === b[i]);
}
