import { ArgumentError } from "../../core/errors.ts";

/** @throws ArgumentError unless the value lies in [least, most]. */
export function checkRange(
  name: string,
  value: number,
  least: number,
  most: number = Number.POSITIVE_INFINITY,
): void {
  if (value >= least && value <= most && value < Number.POSITIVE_INFINITY) return;
  const range = most === Number.POSITIVE_INFINITY ? `be at least ${least}` : `lie in [${least}, ${most}]`;
  throw new ArgumentError(`${name} must ${range}, but is ${value}`);
}

/** @throws ArgumentError unless 0 < low ≤ high ≤ most. */
export function checkInterval(
  name: string,
  [low, high]: readonly [number, number],
  most: number = Number.POSITIVE_INFINITY,
): void {
  if (low > 0 && low <= high && high <= most && high < Number.POSITIVE_INFINITY) return;
  const limit = most === Number.POSITIVE_INFINITY ? "" : ` up to ${most}`;
  throw new ArgumentError(`${name} must be two positive numbers${limit} in order, but is [${low}, ${high}]`);
}
