import { ArgumentError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Random } from "./random.ts";
import type { ImageShape } from "./source.ts";

/** A sample on its way into a batch: the image (C, H, W) in [0, 1] and its target. */
export interface TransformSample {
  readonly image: Float32Array;
  readonly imageShape: ImageShape;
  readonly target: Int32Array;
  readonly targetShape: Shape;
}

/** Changes a sample in place by numbers from `random`, which is a stream of the sample's own. */
export type Transform = (sample: TransformSample, random: Random) => void;

/** One transform after the other. */
export function compose(...transforms: readonly Transform[]): Transform {
  return (sample, random) => {
    for (const transform of transforms) transform(sample, random);
  };
}

/** Mirrors left and right with the given probability; a target with the image's height and width likewise. */
export function randomHorizontalFlip(probability = 0.5): Transform {
  if (!(probability >= 0 && probability <= 1)) {
    throw new ArgumentError(`randomHorizontalFlip: probability must lie in [0, 1], but is ${probability}`);
  }
  return (sample, random) => {
    if (random.uniform() >= probability) return;
    for (const { values, width } of maps(sample)) {
      for (let row = 0; row < values.length; row += width) values.subarray(row, row + width).reverse();
    }
  };
}

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
    for (const { values, height, width } of maps(sample)) {
      const plane = height * width;
      for (let start = 0; start < values.length; start += plane) {
        shift(values.subarray(start, start + plane), height, width, dx, dy);
      }
    }
  };
}

interface Maps {
  readonly values: Float32Array | Int32Array;
  readonly height: number;
  readonly width: number;
}

/** What moves when the image moves: its channels, and a target that has a value for each pixel. */
function maps({ image, imageShape, target, targetShape }: TransformSample): Maps[] {
  const [, height, width] = imageShape;
  const dense = targetShape.length >= 2 && targetShape.at(-2) === height && targetShape.at(-1) === width;
  const moving: Maps[] = [{ values: image, height, width }];
  if (dense) moving.push({ values: target, height, width });
  return moving;
}

/** values[y][x] ← values[y − dy][x − dx], and 0 where that lies outside. */
function shift(
  values: Float32Array | Int32Array,
  height: number,
  width: number,
  dx: number,
  dy: number,
): void {
  const before = values.slice();
  values.fill(0);
  if (Math.abs(dx) >= width) return;
  const first = Math.max(0, dx);
  const kept = width - Math.abs(dx);
  for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
    const from = (y - dy) * width + first - dx;
    values.set(before.subarray(from, from + kept), y * width + first);
  }
}
