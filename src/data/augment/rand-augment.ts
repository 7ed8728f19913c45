import { ArgumentError } from "../../core/errors.ts";
import type { ImageShape } from "../source.ts";
import type { Transform } from "../transforms.ts";
import { rotate, shearX, shearY, translateX, translateY } from "./affine.ts";
import { checkRange } from "./check-option.ts";
import { brightness, contrast, saturation, sharpness } from "./enhance.ts";
import { autocontrast, equalize, posterize, solarize } from "./tones.ts";

/** One of the operations, and what its number is at a strength s from 0 to 1. */
export interface RandAugmentOperation {
  readonly name: string;
  /** For half of the images with the opposite sign. */
  readonly signed: boolean;
  magnitude(strength: number, shape: ImageShape): number;
  apply(image: Uint8Array, shape: ImageShape, magnitude: number, fill: number): void;
}

type Apply = RandAugmentOperation["apply"];

/** Enhancements have the factor 1 + m. */
const enhancing =
  (enhance: Apply): Apply =>
  (image, shape, m, fill) =>
    enhance(image, shape, 1 + m, fill);

const signed = (
  name: string,
  apply: Apply,
  magnitude: RandAugmentOperation["magnitude"],
): RandAugmentOperation => ({ name, signed: true, apply, magnitude });

const unsigned = (
  name: string,
  apply: Apply,
  magnitude: RandAugmentOperation["magnitude"] = () => 0,
): RandAugmentOperation => ({ name, signed: false, apply, magnitude });

/** The 14 operations of the paper's section 3 with torchvision's ranges. */
export const randAugmentOperations: readonly RandAugmentOperation[] = [
  unsigned("identity", () => {}),
  signed("shearX", shearX, (s) => 0.3 * s),
  signed("shearY", shearY, (s) => 0.3 * s),
  signed("translateX", translateX, (s, [, , width]) => (150 / 331) * width * s),
  signed("translateY", translateY, (s, [, height]) => (150 / 331) * height * s),
  signed("rotate", rotate, (s) => 30 * s),
  signed("brightness", enhancing(brightness), (s) => 0.9 * s),
  signed("color", enhancing(saturation), (s) => 0.9 * s),
  signed("contrast", enhancing(contrast), (s) => 0.9 * s),
  signed("sharpness", enhancing(sharpness), (s) => 0.9 * s),
  unsigned("posterize", posterize, (s) => 8 - Math.round(4 * s)),
  unsigned("solarize", solarize, (s) => 255 * (1 - s)),
  unsigned("autocontrast", autocontrast),
  unsigned("equalize", equalize),
];

const strongest = 30;

export interface RandAugmentOptions {
  /** N, the operations for each image; 2 unless told. */
  readonly operations?: number;
  /** M, from 0 (none of what has a strength) to 30; 9 unless told. */
  readonly magnitude?: number;
  /** The byte that comes in from outside; 0 unless told. */
  readonly fill?: number;
}

/**
 * Applies N operations, each drawn from all 14, with one magnitude M for all.
 *
 * Cubuk, Zoph, Shlens, Le: RandAugment: Practical automated data augmentation with a reduced search space (2020).
 */
export function randAugment(options: RandAugmentOptions = {}): Transform {
  const { operations = 2, magnitude = 9, fill = 0 } = options;
  if (!Number.isInteger(operations) || operations < 0) {
    throw new ArgumentError(`randAugment: operations must be an integer of at least 0, but is ${operations}`);
  }
  checkRange("randAugment: magnitude", magnitude, 0, strongest);
  checkRange("randAugment: fill", fill, 0, 255);
  return ({ image, imageShape }, random) => {
    for (let i = 0; i < operations; i++) {
      const operation = randAugmentOperations[random.below(randAugmentOperations.length)]!;
      const size = operation.magnitude(magnitude / strongest, imageShape);
      const sign = operation.signed && random.below(2) === 1 ? -1 : 1;
      operation.apply(image, imageShape, sign * size, fill);
    }
  };
}
