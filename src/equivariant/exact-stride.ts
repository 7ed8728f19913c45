import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Group } from "./group.ts";

/** A window that slides over height and width, the same along both. */
export interface SlidingWindow {
  /** How many pixels it spans, with its dilation. */
  readonly reach: number;
  readonly stride: number;
  /** At each border. */
  readonly padding: number;
}

/**
 * Refuses maps on which a stride skips pixels at one border only, since turning the map would then change which.
 *
 * Windows lie symmetrically if (n + 2p − k) mod s = 0 for the extents n that the group moves.
 *
 * @throws ShapeError that names the extent and the nearest ones that fit.
 */
export function requireExactStride(op: string, x: Tensor, group: Group, window: SlidingWindow): void {
  const { reach, stride, padding } = window;
  for (const axis of movedAxes(group)) {
    const n = x.shape.at(axis)!;
    const left = (n + 2 * padding - reach) % stride;
    if (left === 0) continue;
    throw new ShapeError(
      op,
      `a stride of ${stride} leaves out ${left} of ${n} ${axis === -1 ? "columns" : "rows"} at one border only, ` +
        `so the output is not equivariant to ${group.name}: (${n} + 2·${padding} − ${reach}) mod ${stride} = ${left}`,
      { x: x.shape },
      `take ${n - left} or ${n - left + stride} ${axis === -1 ? "columns" : "rows"}, another padding, or exact: false`,
    );
  }
}

/** The axes that some element reverses or exchanges; a reflection of left and right leaves the rows. */
function movedAxes({ rotations, reflections }: Group): readonly (-1 | -2)[] {
  if (rotations > 1) return [-2, -1];
  return reflections ? [-1] : [];
}
