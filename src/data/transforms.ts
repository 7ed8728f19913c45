import type { Shape } from "../core/shape.ts";
import type { Random } from "./random.ts";
import type { ImageShape } from "./source.ts";

/** A sample on its way into a batch, before it is normalized: the image's bytes (C, H, W) and its target. */
export interface TransformSample {
  readonly image: Uint8Array;
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

/** Planes of one size, one behind the other. */
export interface Maps {
  readonly values: Uint8Array | Int32Array;
  readonly height: number;
  readonly width: number;
}

/** What moves when the image moves: its channels, and a target that has a value for each pixel. */
export function movingMaps({ image, imageShape, target, targetShape }: TransformSample): Maps[] {
  const [, height, width] = imageShape;
  const dense = targetShape.length >= 2 && targetShape.at(-2) === height && targetShape.at(-1) === width;
  const moving: Maps[] = [{ values: image, height, width }];
  if (dense) moving.push({ values: target, height, width });
  return moving;
}
