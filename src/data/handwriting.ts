import { type Glyph, glyphs } from "./digit-strokes.ts";
import { PenPath } from "./pen-path.ts";
import type { Random } from "./random.ts";
import { SmoothField } from "./smooth-field.ts";

/** Length of the longer side of a digit without its pen's width, as a part of the image's side: 19 of 28 pixels. */
const extent = 19 / 28;

export interface Handwriting {
  /** The pen's least and greatest mean width in pixels of an image of 28; the width also varies along a stroke. */
  readonly strokeWidth: readonly [min: number, max: number];
  /** How much hands differ: 0 writes each way of a digit always the same, 1 as people do. */
  readonly variation: number;
}

/** Writes digits: chooses a way to write one and moves the pen as a hand would. */
export class Hand {
  readonly #field = new SmoothField();

  /** Writes to `path` in pixels of an image with `size` pixels a side, centred at the origin. */
  write(path: PenPath, digit: number, size: number, style: Handwriting, random: Random): void {
    const { variation } = style;
    const choices = glyphs[digit]!;
    const glyph = choices[random.below(choices.length)]!;
    path.clear();
    shake(path, glyph, variation, random);

    const slant = 0.1 + variation * random.normal(0.04, 0.24);
    const aspect = 1.05 * 2 ** (variation * random.normal(0, 0.27));
    path.transform(aspect, -slant, 0, 0, 1, 0);
    const longest = path.centre();
    const length = size * extent * 2 ** (variation * random.normal(0, 0.12));
    path.transform(length / longest, 0, 0, 0, length / longest, 0);

    this.#field.draw(random);
    const unit = size / 28;
    this.#field.displace(path.x, path.y, path.length, size / 2, variation * unit);
    path.centre();
    press(path, (random.uniform(...style.strokeWidth) / 2) * unit, variation, random);
  }
}

/** Draws each point, and each stroke as a whole, a little beside its place; the ends of a stroke vary most. */
function shake(path: PenPath, glyph: Glyph, variation: number, random: Random): void {
  for (const stroke of glyph) {
    const strokeX = random.normal(0, 3 * variation);
    const strokeY = random.normal(0, 3 * variation);
    const points = new Float64Array(stroke.length);
    for (let i = 0; i < stroke.length; i += 2) {
      const corner = i > 0 && stroke[i] === stroke[i - 2] && stroke[i + 1] === stroke[i - 1];
      const end = i === 0 || i === stroke.length - 2;
      const spread = (end ? 5 : 1.5) * variation;
      points[i] = corner ? points[i - 2]! : stroke[i]! + strokeX + random.normal(0, spread);
      points[i + 1] = corner ? points[i - 1]! : stroke[i + 1]! + strokeY + random.normal(0, spread);
    }
    path.addCurve(points, 9);
  }
}

/** Sets the pen's radius: a slow change along each stroke, and thinner where the pen lands and leaves. */
function press(path: PenPath, radius: number, variation: number, random: Random): void {
  let pressure = 0;
  for (let i = 0; i < path.length; i++) {
    const begins = path.begins[i] === 1;
    const ends = i + 1 === path.length || path.begins[i + 1] === 1;
    pressure = begins ? random.uniform(-0.2, 0.2) : 0.85 * pressure + random.uniform(-0.1, 0.1);
    path.radius[i] = radius * (begins || ends ? 0.85 : 1) * (1 + variation * pressure);
  }
}

/** A path with room for every way to write a digit, however much its points are shaken. */
export function pathForDigits(): PenPath {
  return new PenPath(1024);
}
