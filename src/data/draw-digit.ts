import { ArgumentError } from "../core/errors.ts";
import { Hand, pathForDigits } from "./handwriting.ts";
import { Random } from "./random.ts";
import { rasterize } from "./rasterize.ts";

export interface DigitStyle {
  /** Height and width of the image in pixels; 28 unless told, and everything else grows with it. */
  readonly size?: number;
  /** The pen's least and greatest mean width in pixels of an image of 28; [1.6, 4] unless told. */
  readonly strokeWidth?: readonly [min: number, max: number];
  /** How much hands differ: 0 is a template for each way to write a digit, 1 (unless told) as people do. */
  readonly variation?: number;
  /** Standard deviation of the noise on each pixel as a part of the full scale; 0.03 unless told. */
  readonly noise?: number;
}

/** Where a digit stands: turned counter-clockwise about the image's centre, then shifted right and down. */
export interface DigitPose {
  /** degrees */
  readonly angle?: number;
  /** pixels */
  readonly dx?: number;
  /** pixels */
  readonly dy?: number;
}

export interface DrawDigitOptions extends DigitStyle, DigitPose {
  /** 0 to 9 */
  readonly digit: number;
  readonly seed?: number;
  /** Which of the endlessly many hands of a seed. */
  readonly index?: number;
}

/**
 * Draws a digit as if written by hand: size × size grey values, 0 for paper and 255 for ink.
 *
 * The hand is a function of (digit, seed, index) and the noise of (seed, index); angle, dx and dy move the same
 * writing, so two calls that differ in the pose alone show one digit in two poses.
 */
export function drawDigit(options: DrawDigitOptions): Uint8Array {
  const painter = new DigitPainter(options);
  const pixels = new Uint8Array(painter.size ** 2);
  painter.paint(pixels, options.digit, options.seed ?? 0, options.index ?? 0, options);
  return pixels;
}

/** Draws digits of one style without allocating for each. */
export class DigitPainter {
  readonly size: number;
  readonly #style: { readonly strokeWidth: readonly [number, number]; readonly variation: number };
  readonly #noise: number;
  readonly #canvas: Float64Array;
  readonly #path = pathForDigits();
  readonly #hand = new Hand();
  readonly #random = new Random(0);

  constructor({ size = 28, strokeWidth = [1.6, 4], variation = 1, noise = 0.03 }: DigitStyle) {
    if (!Number.isInteger(size) || size < 8 || size > 1024) {
      throw new ArgumentError(`digits: size must be an integer from 8 to 1024, but is ${size}`);
    }
    checkRange("strokeWidth", strokeWidth[0], 0.1, 20);
    checkRange("strokeWidth", strokeWidth[1], strokeWidth[0], 20);
    checkRange("variation", variation, 0, 3);
    checkRange("noise", noise, 0, 1);
    this.size = size;
    this.#style = { strokeWidth, variation };
    this.#noise = noise;
    this.#canvas = new Float64Array(size * size);
  }

  /** Writes size² grey values to `pixels`; see `drawDigit`. */
  paint(pixels: Uint8Array, digit: number, seed: number, index: number, pose: DigitPose): void {
    if (!Number.isInteger(digit) || digit < 0 || digit > 9) {
      throw new ArgumentError(`digits: digit must be an integer from 0 to 9, but is ${digit}`);
    }
    const { angle = 0, dx = 0, dy = 0 } = pose;
    const random = this.#random.restart(seed, "writing", index);
    this.#hand.write(this.#path, digit, this.size, this.#style, random);
    const softness = (this.size / 28) * random.uniform(1, 1.6);
    const ink = 255 * random.uniform(0.85, 1.15);

    const cos = Math.cos((angle * Math.PI) / 180);
    const sin = Math.sin((angle * Math.PI) / 180);
    // y points down, so that this turns counter-clockwise as one sees it.
    this.#path.transform(cos, sin, dx, -sin, cos, dy);
    rasterize(this.#path, this.#canvas, this.size, softness);

    random.restart(seed, "noise", index);
    const grain = this.#noise === 0 ? 0 : (255 * this.#noise) / bytesSumStd;
    for (let i = 0; i < pixels.length; i++) {
      const noise = grain === 0 ? 0 : grain * (sumOfBytes(random.uint32()) - 510);
      pixels[i] = Math.max(0, Math.min(255, ink * this.#canvas[i]! + noise + 0.5));
    }
  }
}

/** Standard deviation of the sum of four independent uniform bytes, which is nearly normal: √(4 · (256² − 1) / 12). */
const bytesSumStd = Math.sqrt((256 ** 2 - 1) / 3);

function sumOfBytes(word: number): number {
  return (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new ArgumentError(`digits: ${name} must lie in [${least}, ${most}], but is ${value}`);
  }
}
