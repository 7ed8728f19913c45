import { type Runs, sameRuns, shifted, spanOf, unionOf } from "./runs.ts";

/**
 * Which positions of the input each of a row of elements sees: n sees `runs[n mod period]`, moved on by `advance` for
 * every whole period.
 *
 * A window that moves by s has period 1 and advance s; one that moves by a half, as after upsampling, period 2 and
 * advance 1. All n have a meaning, also those beside a tensor, which stand for its padding. An advance of 0 with a period
 * of 1 is a constant: every element sees the same.
 */
export interface IndexMap {
  readonly period: number;
  readonly advance: number;
  readonly runs: readonly Runs[];
}

/** What an element sees. */
export function seenBy({ period, advance, runs }: IndexMap, n: number): Runs {
  const round = Math.floor(n / period);
  return shifted(runs[n - round * period]!, round * advance);
}

export function constantMap(runs: Runs): IndexMap {
  return { period: 1, advance: 0, runs: [runs] };
}

export function isConstant({ period, advance }: IndexMap): boolean {
  return period === 1 && advance === 0;
}

/**
 * The map of another row of elements, made of `map`'s.
 *
 * @param step after how many new elements the places in `map` that they are made of lie `by` further on.
 * @param seen what a new element sees.
 */
export function reindexed(
  map: IndexMap,
  { step, by }: { readonly step: number; readonly by: number },
  seen: (index: number) => Runs,
): IndexMap {
  const common = gcd(map.period, Math.abs(by));
  const period = (step * map.period) / common;
  const runs = Array.from({ length: period }, (_, index) => seen(index));
  return shortened({ period, advance: (by / common) * map.advance, runs });
}

/** Each element sees what those at these distances from it saw. */
export function spread(map: IndexMap, offsets: readonly number[]): IndexMap {
  return reindexed(map, { step: 1, by: 1 }, (n) => unionOf(offsets.map((offset) => seenBy(map, n + offset))));
}

/** The longest period that two maps are written with together. */
const longestPeriod = 4096;

/** What an element sees through one map or the other; undefined where they move at different speeds. */
export function together(a: IndexMap, b: IndexMap): IndexMap | undefined {
  if (a.advance * b.period !== b.advance * a.period) return undefined;
  const period = (a.period / gcd(a.period, b.period)) * b.period;
  if (period > longestPeriod) return undefined;
  const runs = Array.from({ length: period }, (_, n) => unionOf([seenBy(a, n), seenBy(b, n)]));
  return shortened({ period, advance: (a.advance * period) / a.period, runs });
}

/** The most that an element sees, gaps included. */
export function widthOf({ runs }: IndexMap): number {
  return Math.max(...runs.map(spanOf));
}

/** The same map with the shortest period. */
function shortened(map: IndexMap): IndexMap {
  let shortest = map;
  for (let factor = 2; factor <= shortest.period; factor++) {
    while (shortest.period % factor === 0 && shortest.advance % factor === 0) {
      const { runs } = shortest;
      const period = shortest.period / factor;
      const advance = shortest.advance / factor;
      const repeats = runs.every(
        (set, n) => n < period || sameRuns(set, shifted(runs[n - period]!, advance)),
      );
      if (!repeats) break;
      shortest = { period, advance, runs: runs.slice(0, period) };
    }
  }
  return shortest;
}

export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
