import type { ImageShape } from "../source.ts";
import { requireColors } from "./luma.ts";

/**
 * Turns the hue of every pixel by a part of the colour circle, with value and saturation kept; grey stays grey.
 *
 * With V = max(R, G, B), C = V − min(R, G, B) and H in sixths of the circle from red, a channel is
 * V − C · max(0, min(k, 4 − k, 1)) for k = (n + H) mod 6, with n = 5 for red, 3 for green and 1 for blue.
 *
 * @param turn of the whole circle, in [−½, ½] for each turn once.
 */
export function rotateHue(image: Uint8Array, shape: ImageShape, turn: number): void {
  requireColors("hue", shape);
  if (shape[0] === 1 || turn === 0) return;
  const plane = image.length / 3;
  for (let r = 0, g = plane, b = 2 * plane; r < plane; r++, g++, b++) {
    const red = image[r]!;
    const green = image[g]!;
    const blue = image[b]!;
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    if (chroma === 0) continue;
    const sector =
      value === red
        ? (green - blue) / chroma
        : value === green
          ? 2 + (blue - red) / chroma
          : 4 + (red - green) / chroma;
    // 6 keeps the sum positive, so that the remainder is.
    const hue = sector + 6 * turn + 6;
    image[r] = Math.round(value - chroma * slope((5 + hue) % 6));
    image[g] = Math.round(value - chroma * slope((3 + hue) % 6));
    image[b] = Math.round(value - chroma * slope((1 + hue) % 6));
  }
}

function slope(k: number): number {
  return Math.max(0, Math.min(k, 4 - k, 1));
}
