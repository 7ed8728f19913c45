import type { ImageShape } from "../source.ts";
import { scratchCopy } from "./scratch.ts";

/** From a place of the result to one of the source: (x, y) ↦ (a x + b y + c, d x + e y + f). */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * Moves the pixels of bytes (C, H, W) in place: each takes the value of the source pixel in which the map of its centre
 * lies, and `fill` where that is outside.
 *
 * Coordinates have 16 bits after the point, which is Pillow's arithmetic for nearest neighbours.
 */
export function affine(image: Uint8Array, shape: ImageShape, map: AffineMap, fill: number): void {
  const [, height, width] = shape;
  const [a, b, c, d, e, f] = map;
  const source = scratchCopy(image);
  const [stepX, stepY] = [fixed(a), fixed(d)];
  const plane = height * width;
  let rowX = fixed(c + a * 0.5 + b * 0.5);
  let rowY = fixed(f + d * 0.5 + e * 0.5);
  for (let y = 0; y < height; y++) {
    let atX = rowX;
    let atY = rowY;
    for (let x = 0; x < width; x++) {
      const fromX = atX >> 16;
      const fromY = atY >> 16;
      const inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
      const from = fromY * width + fromX;
      for (let to = y * width + x, start = 0; to < image.length; to += plane, start += plane) {
        image[to] = inside ? source[start + from]! : fill;
      }
      atX += stepX;
      atY += stepY;
    }
    rowX += fixed(b);
    rowY += fixed(e);
  }
}

/** An operation of one number on bytes (C, H, W), in place. */
export type AffineOperation = (
  image: Uint8Array,
  shape: ImageShape,
  magnitude: number,
  fill?: number,
) => void;

/** Slants by the given pixels a row, around the upper left corner: x ← x + m y. */
export const shearX: AffineOperation = (image, shape, m, fill = 0) =>
  affine(image, shape, [1, m, 0, 0, 1, 0], fill);

/** Slants by the given pixels a column: y ← y + m x. */
export const shearY: AffineOperation = (image, shape, m, fill = 0) =>
  affine(image, shape, [1, 0, 0, m, 1, 0], fill);

/** Moves right by whole pixels; a fraction is cut off. */
export const translateX: AffineOperation = (image, shape, pixels, fill = 0) =>
  affine(image, shape, [1, 0, -Math.trunc(pixels), 0, 1, 0], fill);

/** Moves down by whole pixels; a fraction is cut off. */
export const translateY: AffineOperation = (image, shape, pixels, fill = 0) =>
  affine(image, shape, [1, 0, 0, 0, 1, -Math.trunc(pixels)], fill);

/** Turns around the middle, counter-clockwise, by degrees. */
export const rotate: AffineOperation = (image, shape, degrees, fill = 0) => {
  const [, height, width] = shape;
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [width / 2, height / 2];
  affine(image, shape, [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y], fill);
};

function fixed(value: number): number {
  return Math.floor(value * 65_536 + 0.5);
}
