import { ArgumentError } from "../../core/errors.ts";
import { type Maps, movingMaps, type Transform } from "../transforms.ts";

/**
 * Pads with `padding` black pixels and crops to the former size at a random place, which shifts by up to
 * `padding` pixels in both directions (He et al. 2015, section 4.2); a map as target likewise, with class 0.
 */
export function randomCrop({ padding }: { readonly padding: number }): Transform {
  if (!Number.isInteger(padding) || padding < 0) {
    throw new ArgumentError(`randomCrop: padding must be an integer of at least 0, but is ${padding}`);
  }
  return (sample, random) => {
    const dx = random.below(2 * padding + 1) - padding;
    const dy = random.below(2 * padding + 1) - padding;
    for (const maps of movingMaps(sample)) shift(maps, dx, dy);
  };
}

/** values[y][x] ← values[y − dy][x − dx] in each plane, and 0 where that lies outside. */
function shift({ values, height, width }: Maps, dx: number, dy: number): void {
  const first = Math.max(0, dx);
  const kept = width - Math.abs(dx);
  const plane = height * width;
  for (let start = 0; start < values.length; start += plane) {
    // Rows are read before they are written over.
    for (let i = 0; i < height; i++) {
      const y = dy > 0 ? height - 1 - i : i;
      const row = start + y * width;
      const source = y - dy;
      if (kept <= 0 || source < 0 || source >= height) {
        values.fill(0, row, row + width);
        continue;
      }
      const from = start + source * width + first - dx;
      values.copyWithin(row + first, from, from + kept);
      values.fill(0, row, row + first);
      values.fill(0, row + first + kept, row + width);
    }
  }
}
