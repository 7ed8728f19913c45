import { ArgumentError } from "../core/errors.ts";

/** One setting for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Elements before and after an axis; negative ones crop. */
export type Sides = readonly [low: number, high: number];

/** One padding for all spatial axes, or for each axis one number or the numbers of its two sides. */
export type Padding = number | readonly (number | Sides)[];

/**
 * One whole number for each of `rank` spatial axes.
 *
 * @throws ArgumentError naming op and option if there are more or fewer, or one is not whole or below `least`.
 */
export function perAxis(op: string, option: string, value: PerAxis, rank: number, least: number): number[] {
  const list = typeof value === "number" ? new Array<number>(rank).fill(value) : [...value];
  if (list.length !== rank || !list.every((n) => Number.isSafeInteger(n) && n >= least)) {
    throw new ArgumentError(
      `${op}: ${option} must be one whole number of at least ${least}, or ${rank} of them, not ${show(value)}`,
    );
  }
  return list;
}

/**
 * The two sides' padding for each of `rank` spatial axes.
 *
 * @throws ArgumentError naming op and option if there are more or fewer, or one is not whole or negative.
 */
export function sidesPerAxis(op: string, option: string, value: Padding, rank: number): Sides[] {
  const list = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  const pairs = list.map((side): Sides => (typeof side === "number" ? [side, side] : side));
  if (pairs.length !== rank || !pairs.every((pair) => pair.length === 2 && pair.every(isCount))) {
    throw new ArgumentError(
      `${op}: ${option} must be one whole number of at least 0, or ${rank} numbers or [low, high] pairs, ` +
        `not ${show(value)}`,
    );
  }
  return pairs;
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
