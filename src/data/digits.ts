import { ArgumentError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { Dataset } from "./dataset.ts";
import { DigitPainter, type DigitStyle } from "./draw-digit.ts";
import { Random } from "./random.ts";
import type { ImageShape, ImageSource, ReadRequest } from "./source.ts";

export interface DigitsOptions extends DigitStyle {
  readonly seed?: number;
  /** Samples in an epoch; 60,000 unless told. */
  readonly length?: number;
  /** Whether each epoch shows other digits, so that none comes twice; otherwise all epochs show the same. */
  readonly endless?: boolean;
  /** Upright, up to 10° either way (unless told), or from a range in degrees counter-clockwise. */
  readonly rotation?: "none" | "small" | readonly [min: number, max: number];
  /** The greatest shift from the centre in pixels, right or left and up or down; 2 unless told. */
  readonly position?: number;
}

/** Grey values of `digits()` with its own options, measured on 60,000 samples. */
export const digitsNormalization = { mean: [0.1644], std: [0.3179] } as const;

/**
 * Handwritten digits from a generator of our own: sample `i` of a seed is always the same, and there are 2⁵³.
 *
 * A dataset with another seed has other digits from the same distribution, for testing.
 */
export function digits(options: DigitsOptions = {}): Dataset {
  return new Dataset(new DigitSource(options), digitsNormalization);
}

/** Most bytes of drawn digits that are kept for later epochs. */
const keptBytes = 2 ** 28;

/** Draws a digit when it is first read, and keeps it unless every epoch shows others. */
export class DigitSource implements ImageSource {
  readonly length: number;
  readonly imageShape: ImageShape;
  readonly targetShape: Shape = [];
  readonly classes: readonly string[] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  readonly #seed: number;
  readonly #endless: boolean;
  readonly #rotation: readonly [number, number];
  readonly #position: number;
  readonly #painter: DigitPainter;
  readonly #random: Random;
  /** What was drawn already: pixels, and labels with −1 where there is nothing yet. */
  readonly #kept: { readonly pixels: Uint8Array; readonly labels: Int8Array } | undefined;

  constructor(options: DigitsOptions = {}) {
    const { seed = 0, length = 60_000, endless = false, rotation = "small", position = 2 } = options;
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new ArgumentError(`digits: length must be an integer of at least 0, but is ${length}`);
    }
    if (!(position >= 0 && Number.isFinite(position))) {
      throw new ArgumentError(`digits: position must be a number of at least 0, but is ${position}`);
    }
    this.#painter = new DigitPainter(options);
    this.#random = new Random(seed);
    this.#seed = seed;
    this.#endless = endless;
    this.#rotation = rotation === "none" ? [0, 0] : rotation === "small" ? [-10, 10] : rotation;
    if (!this.#rotation.every(Number.isFinite)) {
      throw new ArgumentError(
        `digits: rotation must be a range of degrees, but is [${this.#rotation.join(", ")}]`,
      );
    }
    this.#position = position;
    this.length = length;
    this.imageShape = [1, this.#painter.size, this.#painter.size];
    const bytes = length * this.#painter.size ** 2;
    if (!endless && bytes <= keptBytes) {
      this.#kept = { pixels: new Uint8Array(bytes), labels: new Int8Array(length).fill(-1) };
    }
  }

  read({ index, epoch }: ReadRequest, pixels: Uint8Array, target: Int32Array): void {
    const start = index * pixels.length;
    const known = this.#kept?.labels[index] ?? -1;
    if (this.#kept && known >= 0) {
      pixels.set(this.#kept.pixels.subarray(start, start + pixels.length));
      target[0] = known;
      return;
    }
    const sample = this.#endless ? epoch * this.length + index : index;
    const random = this.#random.restart(this.#seed, "pose", sample);
    const digit = random.below(10);
    const angle = random.uniform(...this.#rotation);
    const dx = random.uniform(-this.#position, this.#position);
    const dy = random.uniform(-this.#position, this.#position);
    this.#painter.paint(pixels, digit, this.#seed, sample, { angle, dx, dy });
    target[0] = digit;
    this.#kept?.pixels.set(pixels, start);
    this.#kept?.labels.fill(digit, index, index + 1);
  }
}
