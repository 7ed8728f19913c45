import { ArgumentError } from "../../core/errors.ts";
import type { Random } from "../random.ts";
import type { ImageShape } from "../source.ts";
import type { Transform } from "../transforms.ts";
import { checkInterval, checkRange } from "./check-option.ts";

export interface RandomErasingOptions {
  /** 0.5 unless told. */
  readonly probability?: number;
  /** Share of the image's area; [0.02, 0.33] unless told. */
  readonly scale?: readonly [number, number];
  /** Height over width; [0.3, 3.3] unless told. */
  readonly ratio?: readonly [number, number];
  /** A byte for each channel, or "noise" (the default): each byte drawn from all 256. */
  readonly fill?: "noise" | readonly number[];
}

const attempts = 10;

/**
 * Writes over a random rectangle of the image; the ratio is drawn evenly in its logarithm, as torchvision has it.
 *
 * Zhong, Zheng, Kang, Li, Yang: Random Erasing Data Augmentation (2020), algorithm 1. A rectangle that does not fit is
 * drawn again, up to ten times.
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  const { probability = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], fill = "noise" } = options;
  checkRange("randomErasing: probability", probability, 0, 1);
  checkInterval("randomErasing: scale", scale, 1);
  checkInterval("randomErasing: ratio", ratio);
  return ({ image, imageShape }, random) => {
    if (fill !== "noise" && fill.length !== imageShape[0]) {
      throw new ArgumentError(
        `randomErasing: fill has ${fill.length} bytes, but the image has ${imageShape[0]} channels`,
      );
    }
    if (random.uniform() >= probability) return;
    const rectangle = drawRectangle(imageShape, scale, ratio, random);
    if (rectangle)
      erase(image, imageShape, rectangle, (channel) =>
        fill === "noise" ? random.below(256) : fill[channel]!,
      );
  };
}

interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

function drawRectangle(
  [, height, width]: ImageShape,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): Rectangle | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = height * width * random.uniform(...scale);
    const shape = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const [h, w] = [Math.round(Math.sqrt(area * shape)), Math.round(Math.sqrt(area / shape))];
    if (h >= height || w >= width) continue;
    return { top: random.below(height - h + 1), left: random.below(width - w + 1), height: h, width: w };
  }
  return undefined;
}

function erase(
  image: Uint8Array,
  [channels, rows, columns]: ImageShape,
  { top, left, height, width }: Rectangle,
  byteOf: (channel: number) => number,
): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let y = top; y < top + height; y++) {
      const row = (channel * rows + y) * columns;
      for (let i = row + left; i < row + left + width; i++) image[i] = byteOf(channel);
    }
  }
}
