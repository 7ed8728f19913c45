import { EventLoopYield } from "../train/yield-to-event-loop.ts";
import { median } from "./statistics.ts";

export interface ComparedTimes {
  /** Medians in milliseconds, one for each of the sides. */
  readonly ms: readonly number[];
  /** Medians of the time of each side divided by that of the first in the same round. */
  readonly ratios: readonly number[];
}

/**
 * Times several things in turn, round by round, so that whatever else the machine does meets them alike.
 *
 * Each runs `warmUp` times before; all sides of a round follow one another.
 *
 * @throws the signal's reason.
 */
export async function compareTimes(
  sides: readonly (() => Promise<unknown>)[],
  { rounds, warmUp = 3, signal }: { rounds: number; warmUp?: number; signal: AbortSignal },
): Promise<ComparedTimes> {
  const times = sides.map((): number[] => []);
  const eventLoop = new EventLoopYield();
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      await eventLoop.pause();
      signal.throwIfAborted();
      const began = performance.now();
      await side();
      if (round >= 0) times[i]!.push(performance.now() - began);
    }
  }
  const [first] = times;
  return {
    ms: times.map(median),
    ratios: times.map((side) => median(side.map((ms, round) => ms / first![round]!))),
  };
}
