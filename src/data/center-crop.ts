import type { Image } from "../io/image.ts";

/**
 * The middle of an image; where it is smaller than what is wanted, it comes to the middle of a plain colour.
 *
 * The crop begins at (extent − wanted) / 2 with halves rounded to even, the image at the same with halves rounded down,
 * as in torchvision's `CenterCrop` and timm's `CenterCropOrPad`.
 *
 * @param fill the colour around it, black unless told.
 */
export function centerCrop(
  image: Image,
  width: number,
  height: number,
  fill: readonly number[] = new Array<number>(image.channels).fill(0),
): Image {
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  if (image.width < width || image.height < height) {
    for (let i = 0; i < data.length; i++) data[i] = fill[i % channels]!;
  }
  const x = overlap(image.width, width);
  const y = overlap(image.height, height);
  for (let row = 0; row < y.length; row++) {
    const from = ((y.from + row) * image.width + x.from) * channels;
    const to = ((y.to + row) * width + x.to) * channels;
    data.set(image.data.subarray(from, from + x.length * channels), to);
  }
  return { width, height, channels, data };
}

/** What is copied along one axis. */
function overlap(source: number, target: number): { from: number; to: number; length: number } {
  if (source < target) return { from: 0, to: Math.floor((target - source) / 2), length: source };
  return { from: roundHalfToEven((source - target) / 2), to: 0, length: target };
}

/** The nearest integer, and of two the even one, as in Python. */
export function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest < 0.5 ? down : down + 1;
}
