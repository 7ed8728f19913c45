import type { Random } from "../random.ts";
import type { ImageShape } from "../source.ts";
import type { Transform } from "../transforms.ts";
import { checkRange } from "./check-option.ts";
import { brightness, contrast, saturation } from "./enhance.ts";
import { rotateHue } from "./rotate-hue.ts";

export interface ColorJitterOptions {
  /** The factor is drawn from [1 − b, 1 + b], and from 0 where that is less; 0 (no change) unless told. */
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
  /** The turn is drawn from [−h, h] of the colour circle, with h at most 0.5; 0 unless told. */
  readonly hue?: number;
}

interface Step {
  readonly apply: (image: Uint8Array, shape: ImageShape, value: number) => void;
  readonly draw: (random: Random) => number;
}

/**
 * Changes brightness, contrast, saturation and hue by random amounts, in a random order.
 *
 * Howard: Some Improvements on Deep Convolutional Neural Network Based Image Classification (2013), section 2.3, in the
 * form in which torchvision's ColorJitter states it.
 */
export function colorJitter(options: ColorJitterOptions): Transform {
  const { hue = 0 } = options;
  checkRange("colorJitter: hue", hue, 0, 0.5);
  const steps: Step[] = Object.entries({ brightness, contrast, saturation }).flatMap(([name, apply]) => {
    const amount = options[name as "brightness" | "contrast" | "saturation"] ?? 0;
    checkRange(`colorJitter: ${name}`, amount, 0);
    if (amount === 0) return [];
    return [{ apply, draw: (random: Random) => random.uniform(Math.max(0, 1 - amount), 1 + amount) }];
  });
  if (hue > 0) steps.push({ apply: rotateHue, draw: (random) => random.uniform(-hue, hue) });
  return ({ image, imageShape }, random) => {
    for (const index of random.permutation(steps.length)) {
      const { apply, draw } = steps[index]!;
      apply(image, imageShape, draw(random));
    }
  };
}
