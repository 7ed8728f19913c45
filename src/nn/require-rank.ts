import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";

/** Checks the number of axes of an input. */
export function requireRank(op: string, x: Tensor, ranks: readonly number[], layout: string): void {
  if (!ranks.includes(x.rank)) {
    throw new ShapeError(op, `input must be ${layout}, but has ${x.rank} axes`, { x: x.shape });
  }
}
