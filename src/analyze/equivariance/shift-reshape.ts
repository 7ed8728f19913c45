import { type Shape, sizeOf } from "../../core/shape.ts";
import { type Along, type Grid, type Mask, mixed, restride } from "./shift-state.ts";

/**
 * Where an axis goes in a reshape: it stays, is cut into an outer and an inner part, or becomes the outer part of a
 * longer one. Anything else mixes its positions with what lies before it.
 *
 * @param quiet gives undefined instead of a reason.
 */
export function reshapeAlong(grid: Grid, from: Shape, to: Shape, quiet = false): Along | undefined {
  const extent = from[grid.axis]!;
  const before = sizeOf(from.slice(0, grid.axis));
  for (let axis = 0; axis < to.length; axis++) {
    if (sizeOf(to.slice(0, axis)) !== before) continue;
    if (to[axis] === extent) return { ...grid, axis, origin: {}, base: 0 };
    if (quiet || to[axis] === 1) continue;
    const inner = to[axis]! / extent;
    if (Number.isInteger(inner) && isTail(from.slice(grid.axis + 1), inner)) {
      return restride(grid, 1 / inner, axis, (clean) =>
        Uint8Array.from({ length: to[axis]! }, (_, p) => clean[Math.floor(p / inner)]!),
      );
    }
    const parts = extent / to[axis]!;
    if (Number.isInteger(parts) && isTail(to.slice(axis + 1), parts)) {
      return restride(grid, parts, axis, (clean) => everyPart(clean, parts));
    }
  }
  return quiet ? undefined : mixed(`reshape joins the ${extent} positions of an axis with others`);
}

/** Whether the first of some extents multiply to `count`. */
function isTail(extents: Shape, count: number): boolean {
  return extents.some((_, i) => sizeOf(extents.slice(0, i + 1)) === count);
}

function everyPart(clean: Mask, parts: number): Mask {
  return Uint8Array.from({ length: clean.length / parts }, (_, p) =>
    clean.subarray(p * parts, (p + 1) * parts).every((is) => is === 1) ? 1 : 0,
  );
}
