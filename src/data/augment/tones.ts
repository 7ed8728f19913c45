import type { ImageShape } from "../source.ts";
import { applyTable } from "./blend.ts";

/** Keeps the upper `bits` of each byte, from 0 to 8. */
export function posterize(image: Uint8Array, _shape: ImageShape, bits: number): void {
  const mask = 0xff & ~((1 << (8 - bits)) - 1);
  for (let i = 0; i < image.length; i++) image[i] = image[i]! & mask;
}

/** Inverts bytes that are not less than the threshold: p ← 255 − p. */
export function solarize(image: Uint8Array, _shape: ImageShape, threshold: number): void {
  for (let i = 0; i < image.length; i++) {
    if (image[i]! >= threshold) image[i] = 255 - image[i]!;
  }
}

/** Stretches each channel so that its least byte becomes 0 and its greatest 255. */
export function autocontrast(image: Uint8Array, [channels]: ImageShape): void {
  eachPlane(image, channels, (plane) => {
    let low = 255;
    let high = 0;
    for (let i = 0; i < plane.length; i++) {
      low = Math.min(low, plane[i]!);
      high = Math.max(high, plane[i]!);
    }
    if (high <= low) return;
    const scale = 255 / (high - low);
    for (let byte = 0; byte < 256; byte++) {
      table[byte] = Math.max(0, Math.min(255, Math.trunc(byte * scale - low * scale)));
    }
    applyTable(plane, table);
  });
}

/**
 * Gives each channel an even histogram: a byte becomes its share of the pixels below it, in steps of
 * ⌊(pixels − those of the greatest byte) / 255⌋.
 */
export function equalize(image: Uint8Array, [channels]: ImageShape): void {
  eachPlane(image, channels, (plane) => {
    histogram.fill(0);
    for (let i = 0; i < plane.length; i++) histogram[plane[i]!]!++;
    const greatest = histogram.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((plane.length - greatest) / 255);
    if (step === 0) return;
    let below = step >> 1;
    for (let byte = 0; byte < 256; byte++) {
      table[byte] = Math.min(255, Math.floor(below / step));
      below += histogram[byte]!;
    }
    applyTable(plane, table);
  });
}

const table = new Uint8Array(256);
const histogram = new Uint32Array(256);

function eachPlane(image: Uint8Array, channels: number, change: (plane: Uint8Array) => void): void {
  const size = image.length / channels;
  for (let start = 0; start < image.length; start += size) change(image.subarray(start, start + size));
}
