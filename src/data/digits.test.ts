import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dataset } from "./dataset.ts";
import { DigitSource, digits, digitsNormalization } from "./digits.ts";
import { type DrawDigitOptions, drawDigit } from "./draw-digit.ts";

/** FNV-1a, so that a test can name an image in one number. */
function hash(bytes: Uint8Array): string {
  let state = 0x811c9dc5;
  for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193);
  return (state >>> 0).toString(16);
}

/** The image turned by 90° counter-clockwise: row r, column c takes row c, column size − 1 − r. */
function turned(pixels: Uint8Array, size: number): Uint8Array {
  return pixels.map((_, i) => pixels[(i % size) * size + size - 1 - Math.floor(i / size)]!);
}

function greatestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const anyDigit = fc.record({
  digit: fc.nat(9),
  seed: fc.nat(1000),
  index: fc.nat(1000),
  noise: fc.constant(0),
});

describe("digits", () => {
  test("sample i of a seed is always the same, also in other versions", async () => {
    const dataset = digits({ seed: 7, length: 100 });
    const seen: string[] = [];
    for (const index of [0, 1, 99]) {
      const { pixels, target } = await dataset.sample(index);
      seen.push(`${target[0]} ${hash(pixels)}`);
      expect((await digits({ seed: 7, length: 1000 }).sample(index)).pixels).toEqual(pixels);
    }
    expect(seen).toEqual(["6 a0445bf8", "2 4f1a10e2", "6 44ba08f2"]);
  });

  test("is a function of seed, index and, where endless, epoch", async () => {
    const image = async (dataset: Dataset, epoch: number) => hash((await dataset.sample(3, epoch)).pixels);
    const fixed = digits({ length: 10 });
    expect(await image(fixed, 5)).toBe(await image(fixed, 0));
    const endless = digits({ length: 10, endless: true });
    expect(await image(endless, 0)).toBe(await image(fixed, 0));
    expect(await image(endless, 1)).not.toBe(await image(fixed, 0));
    expect(await image(endless, 1)).toBe(hash((await digits({ length: 20 }).sample(13)).pixels));
    expect(await image(digits({ seed: 1, length: 10 }), 0)).not.toBe(await image(fixed, 0));
  });

  test("has all digits equally often, and the grey values that it is normalized by", async () => {
    const n = 3000;
    const source = new DigitSource({ seed: 11, length: n });
    const pixels = new Uint8Array(784);
    const target = new Int32Array(1);
    const counts = new Array<number>(10).fill(0);
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < n; index++) {
      source.read({ index, epoch: 0 }, pixels, target);
      counts[target[0]!]!++;
      for (const value of pixels) {
        sum += value / 255;
        squares += (value / 255) ** 2;
      }
    }
    for (const count of counts) expect(Math.abs(count - n / 10)).toBeLessThan(5 * Math.sqrt(n * 0.09));
    const mean = sum / (784 * n);
    expect(mean).toBeCloseTo(digitsNormalization.mean[0], 2);
    expect(Math.sqrt(squares / (784 * n) - mean ** 2)).toBeCloseTo(digitsNormalization.std[0], 2);
  });

  test("keeps the ink off the border where it is told to", async () => {
    const dataset = digits({ seed: 2, length: 300, rotation: "none", position: 0, noise: 0 });
    let touching = 0;
    for (let i = 0; i < dataset.length; i++) {
      const { pixels } = await dataset.sample(i);
      if (
        pixels.some((value, at) => value > 0 && (at < 28 || at >= 756 || at % 28 === 0 || at % 28 === 27))
      ) {
        touching++;
      }
    }
    expect(touching).toBeLessThan(15);
  });

  test("refuses options that cannot be meant", () => {
    expect(() => digits({ length: -1 })).toThrow("length must be an integer");
    expect(() => digits({ size: 4 })).toThrow("size must be an integer from 8 to 1024");
    expect(() => digits({ position: Number.NaN })).toThrow("position");
    expect(() => digits({ rotation: [0, Number.POSITIVE_INFINITY] })).toThrow("rotation");
    expect(() => digits({ strokeWidth: [3, 2] })).toThrow("strokeWidth must lie in [3, 20], but is 2");
    expect(() => digits({ seed: 1.5 })).toThrow("seed must be an integer");
    expect(() => drawDigit({ digit: 10 })).toThrow("digit must be an integer from 0 to 9");
  });
});

describe("drawDigit", () => {
  test("an angle of 90° turns the image, for any writing", () => {
    fc.assert(
      fc.property(anyDigit, (options) => {
        const upright = drawDigit(options);
        expect(
          greatestDifference(drawDigit({ ...options, angle: 90 }), turned(upright, 28)),
        ).toBeLessThanOrEqual(1);
        expect(greatestDifference(drawDigit({ ...options, angle: 360 }), upright)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("a whole dx and dy shift the image", () => {
    const shifts = { dx: fc.integer({ min: -5, max: 5 }), dy: fc.integer({ min: -5, max: 5 }) };
    fc.assert(
      fc.property(anyDigit, fc.record(shifts), (options, { dx, dy }) => {
        const still = drawDigit(options);
        const moved = drawDigit({ ...options, dx, dy });
        for (let y = 0; y < 28; y++) {
          for (let x = 0; x < 28; x++) {
            const fromX = x - dx;
            const fromY = y - dy;
            if (fromX < 0 || fromX > 27 || fromY < 0 || fromY > 27) continue;
            expect(Math.abs(moved[28 * y + x]! - still[28 * fromY + fromX]!)).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("rotation and position of the dataset are the pose of drawDigit", async () => {
    const turnedBack: DrawDigitOptions[] = [];
    const dataset = digits({ seed: 5, length: 20, rotation: [30, 30], position: 0 });
    for (let index = 0; index < dataset.length; index++) {
      const { pixels, target } = await dataset.sample(index);
      const options = { digit: target[0]!, seed: 5, index };
      expect(drawDigit({ ...options, angle: 30 })).toEqual(pixels);
      turnedBack.push(options);
    }
    expect(
      turnedBack.some(
        (options) => greatestDifference(drawDigit(options), drawDigit({ ...options, angle: 30 })) > 99,
      ),
    ).toBe(true);
  });

  test("noise has the standard deviation asked for", () => {
    const clean = drawDigit({ digit: 8, strokeWidth: [20, 20], size: 64, noise: 0 });
    const noisy = drawDigit({ digit: 8, strokeWidth: [20, 20], size: 64, noise: 0.05 });
    const errors: number[] = [];
    clean.forEach((value, i) => {
      if (value > 60 && value < 195) errors.push((noisy[i]! - value) / 255);
    });
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(rms / 0.05).toBeCloseTo(1, 0);
  });

  test("a larger image is the same writing, finer", () => {
    const options = { digit: 5, seed: 1, index: 4, noise: 0 };
    const small = drawDigit(options);
    const large = drawDigit({ ...options, size: 56 });
    let difference = 0;
    small.forEach((value, i) => {
      const at = 112 * Math.floor(i / 28) + 2 * (i % 28);
      difference += Math.abs(value - (large[at]! + large[at + 1]! + large[at + 56]! + large[at + 57]!) / 4);
    });
    expect(difference / small.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.1);
  });
});
