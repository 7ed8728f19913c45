/** Whether float32 results are the same bits, agree to rounding, or are spoiled by something that border effects reach. */
export type Grade = "bits" | "rounding" | "spread";

/** One entry for each position of an axis: 1 where no border effect reaches, 0 elsewhere. */
export type Mask = Uint8Array;

/** Positions along the direction lie on an axis: y(shifted x)[p] = y(x)[p − t/step] for shifts t divisible by `lattice`. */
export interface Grid {
  readonly kind: "grid";
  readonly axis: number;
  /** Pixels of the input between neighbouring positions; a fraction behind enlargements, negative behind reversals. */
  readonly step: number;
  /** The smallest shift, in pixels of the input, that is a whole one for everything up to here. */
  readonly lattice: number;
  /** Where only what does not change with the border is computed: for the image as it is, and for the shifted one. */
  readonly clean: readonly [image: Mask, shifted: Mask];
  /** Slices of one tensor have its origin, so that it is known when they are put together again (circular padding). */
  readonly origin: object;
  /** The position within the origin at which this begins. */
  readonly base: number;
  readonly grade: Grade;
}

/** The direction was summed or maximized away: the value stays for shifts divisible by `lattice`. */
export interface Pooled {
  readonly kind: "pooled";
  readonly lattice: number;
  readonly grade: Grade;
}

/** Positions along the direction were mixed with something else, or treated differently. */
export interface Mixed {
  readonly kind: "mixed";
  readonly reason: string;
}

/** What a shift of the input along one direction does to a tensor. */
export type Along = Grid | Pooled | Mixed;

export const mixed = (reason: string): Mixed => ({ kind: "mixed", reason });

const grades: readonly Grade[] = ["bits", "rounding", "spread"];

export function worse(a: Grade, b: Grade): Grade {
  return grades[Math.max(grades.indexOf(a), grades.indexOf(b))]!;
}

export function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

/** The smallest whole shift of the input that is a whole number of steps; undefined if there is none up to 2¹⁶. */
function leastShift(step: number): number | undefined {
  for (let shift = 1; shift <= 1 << 16; shift++) {
    const positions = shift / Math.abs(step);
    if (Math.abs(positions - Math.round(positions)) < 1e-9) return shift;
  }
  return undefined;
}

/** A grid whose neighbours lie `factor` times as far apart, with other masks. */
export function restride(grid: Grid, factor: number, axis: number, remask: (clean: Mask) => Mask): Along {
  const step = grid.step * factor;
  const least = leastShift(step);
  if (least === undefined)
    return mixed(`positions ${Number(step.toFixed(4))} pixels apart meet at no whole shift`);
  const [image, shifted] = grid.clean;
  return {
    ...grid,
    axis,
    step,
    lattice: leastCommonMultiple(grid.lattice, least),
    clean: [remask(image), remask(shifted)],
    origin: {},
    base: 0,
  };
}
