import type { ImageShape } from "../source.ts";
import { applyTable, blend } from "./blend.ts";
import { luma, requireColors } from "./luma.ts";
import { scratchCopy } from "./scratch.ts";

/**
 * The enhancements of Pillow's ImageEnhance, on bytes (C, H, W) in place.
 *
 * Each blends the image with a form of it that lacks the property: factor 0 gives that form, 1 the image as it is, and
 * more exaggerates.
 */
export type Enhancement = (image: Uint8Array, shape: ImageShape, factor: number) => void;

/** Blends with black: p ← f p. */
export const brightness: Enhancement = (image, _shape, factor) => blendWith(image, 0, factor);

/** Blends with the grey that is the image's mean luma. */
export const contrast: Enhancement = (image, shape, factor) => {
  requireColors("contrast", shape);
  blendWith(image, meanLuma(image, shape), factor);
};

/** Blends each pixel with the grey of its luma; a grey image stays as it is. */
export const saturation: Enhancement = (image, shape, factor) => {
  requireColors("saturation", shape);
  if (shape[0] === 1 || factor === 1) return;
  const alpha = Math.fround(factor);
  const plane = image.length / 3;
  for (let r = 0, g = plane, b = 2 * plane; r < plane; r++, g++, b++) {
    const gray = luma(image[r]!, image[g]!, image[b]!);
    image[r] = blend(gray, image[r]!, alpha);
    image[g] = blend(gray, image[g]!, alpha);
    image[b] = blend(gray, image[b]!, alpha);
  }
};

/**
 * Blends with the image smoothed by the kernel 1 1 1, 1 5 1, 1 1 1 over 13; pixels at the border stay as they are.
 *
 * Less than 1 smooths, more sharpens.
 */
export const sharpness: Enhancement = (image, [, height, width], factor) => {
  if (factor === 1) return;
  const alpha = Math.fround(factor);
  const before = scratchCopy(image);
  for (let start = 0; start < image.length; start += height * width) {
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const i = start + y * width + x;
        const above = i - width;
        const below = i + width;
        const total =
          before[above - 1]! +
          before[above]! +
          before[above + 1]! +
          before[i - 1]! +
          5 * before[i]! +
          before[i + 1]! +
          before[below - 1]! +
          before[below]! +
          before[below + 1]!;
        // ⌊t/13 + 1/2⌋
        const smooth = Math.trunc((2 * total + 13) / 26);
        image[i] = blend(smooth, before[i]!, alpha);
      }
    }
  }
};

/** Blends every byte with the same one. */
function blendWith(image: Uint8Array, degenerate: number, factor: number): void {
  if (factor === 1) return;
  const alpha = Math.fround(factor);
  for (let byte = 0; byte < 256; byte++) table[byte] = blend(degenerate, byte, alpha);
  applyTable(image, table);
}

const table = new Uint8Array(256);

function meanLuma(image: Uint8Array, [channels]: ImageShape): number {
  const plane = image.length / channels;
  let total = 0;
  for (let i = 0; i < plane; i++) {
    total += channels === 1 ? image[i]! : luma(image[i]!, image[plane + i]!, image[2 * plane + i]!);
  }
  return Math.floor(total / plane + 0.5);
}
