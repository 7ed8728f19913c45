import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Image } from "../io/image.ts";
import { drawDigit } from "./draw-digit.ts";
import { mnist } from "./mnist.node.ts";
import { prepareDigit } from "./prepare-digit.ts";

function grey(width: number, data: Uint8Array): Image {
  return { width, height: data.length / width, channels: 1, data };
}

function handwritten(digit: number, index: number, size = 28): Image {
  return grey(size, drawDigit({ digit, index, size, noise: 0 }));
}

/** The image in the middle of a larger one of a plain colour. */
function framed({ width, height, data }: Image, left: number, top: number, size: number, color = 0): Image {
  const larger = new Uint8Array(size * size).fill(color);
  for (let y = 0; y < height; y++) {
    larger.set(data.subarray(y * width, (y + 1) * width), (top + y) * size + left);
  }
  return grey(size, larger);
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((total, value, i) => total + Math.abs(value - b[i]!), 0) / a.length;
}

/** The least difference over shifts by at most a pixel, which the centre's rounding may bring. */
function differenceUpToShift(a: Uint8Array, b: Uint8Array): number {
  const shifts = [-29, -28, -27, -1, 0, 1, 27, 28, 29];
  return Math.min(
    ...shifts.map((shift) =>
      meanDifference(
        a,
        b.map((_, i) => b[i + shift] ?? 0),
      ),
    ),
  );
}

interface Geometry {
  /** Columns and rows that hold ink. */
  readonly box: readonly [number, number];
  /** The ink's centre of mass. */
  readonly centre: readonly [number, number];
  /** Whether there is ink in the first or last column, and row. */
  readonly atBorder: readonly [boolean, boolean];
}

function geometry(pixels: Uint8Array, size: number): Geometry {
  const [xs, ys]: number[][] = [[], []];
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    if (value === 0) return;
    xs!.push(i % size);
    ys!.push(Math.floor(i / size));
    mass += value;
    x += value * ((i % size) + 0.5);
    y += value * (Math.floor(i / size) + 0.5);
  });
  const extent = (at: number[]): number => Math.max(...at) - Math.min(...at) + 1;
  const border = (at: number[]): boolean => at.includes(0) || at.includes(size - 1);
  return {
    box: [extent(xs!), extent(ys!)],
    centre: [x / mass, y / mass],
    atBorder: [border(xs!), border(ys!)],
  };
}

const anyDigit = fc.record({ digit: fc.nat(9), index: fc.nat(200) });
const few = { numRuns: 20 };
const inside = fc.integer({ min: 3, max: 60 });

describe("a prepared digit", () => {
  test("fills a box of 20 pixels and has its centre of mass in the middle", () => {
    fc.assert(
      fc.property(anyDigit, fc.integer({ min: 20, max: 120 }), ({ digit, index }, size) => {
        const pixels = prepareDigit(handwritten(digit, index, size));
        const { box, centre, atBorder } = geometry(pixels, 28);
        expect(Math.max(...box)).toBeLessThanOrEqual(20);
        expect(Math.max(...box)).toBeGreaterThanOrEqual(18);
        // Within half a pixel, unless the ink would have to leave the image.
        for (const axis of [0, 1] as const)
          if (!atBorder[axis]) expect(Math.abs(centre[axis] - 14.5)).toBeLessThanOrEqual(0.51);
        expect(Math.max(...pixels)).toBe(255);
      }),
      few,
    );
  });

  test("is the same wherever it stood", () => {
    fc.assert(
      // With paper all around: where ink touches the picture's border, what lies beyond is not known.
      fc.property(anyDigit, inside, inside, ({ digit, index }, left, top) => {
        const image = handwritten(digit, index);
        const here = prepareDigit(framed(image, 10, 10, 100));
        expect(prepareDigit(framed(image, left, top, 100))).toEqual(here);
      }),
      few,
    );
  });

  test("is the same dark on light, in colour, and under full alpha", () => {
    fc.assert(
      fc.property(anyDigit, ({ digit, index }) => {
        const image = framed(handwritten(digit, index), 20, 20, 80);
        const expected = prepareDigit(image);
        const inverted = { ...image, data: image.data.map((value) => 255 - value) };
        expect(prepareDigit(inverted)).toEqual(expected);
        const rgb = Uint8Array.from({ length: 3 * 6400 }, (_, i) => image.data[Math.floor(i / 3)]!);
        expect(prepareDigit({ ...image, channels: 3, data: rgb })).toEqual(expected);
        const alpha = Uint8Array.from({ length: 2 * 6400 }, (_, i) => (i % 2 ? 255 : image.data[i / 2]!));
        expect(prepareDigit({ ...image, channels: 2, data: alpha })).toEqual(expected);
      }),
      few,
    );
  });

  test("hardly depends on the size and the contrast of the picture", () => {
    fc.assert(
      fc.property(anyDigit, ({ digit, index }) => {
        const small = prepareDigit(handwritten(digit, index, 40));
        const large = handwritten(digit, index, 400);
        const faint = { ...large, data: large.data.map((value) => 200 - Math.round(value * 0.4)) };
        // Where the ink's edge rounds to another pixel, all of the digit is scaled a little: up to 16 and 10 were seen.
        expect(differenceUpToShift(prepareDigit(large), small)).toBeLessThan(20);
        expect(differenceUpToShift(prepareDigit(faint), prepareDigit(large))).toBeLessThan(14);
      }),
      few,
    );
  });

  test("has no noise of the paper, nor a speck on it", () => {
    const clean = framed(handwritten(3, 5, 60), 30, 30, 120);
    const noisy = clean.data.map((value, i) => Math.min(255, value + ((i * 7919) % 13)));
    noisy[120 * 5 + 5] = 255;
    const prepared = prepareDigit(grey(120, noisy));
    expect(differenceUpToShift(prepared, prepareDigit(clean))).toBeLessThan(6);
    expect(prepared[0]).toBe(0);
  });

  test("may touch the border of its picture", () => {
    const stroke = grey(
      9,
      Uint8Array.from({ length: 9 * 30 }, (_, i) => (Math.abs((i % 9) - 4) < 2 ? 255 : 0)),
    );
    const { box, centre } = geometry(prepareDigit(stroke), 28);
    expect(box).toEqual([2, 20]);
    expect(centre).toEqual([15, 15]);
  });

  test("can have another size, and its box in the middle", () => {
    const pixels = prepareDigit(handwritten(7, 1, 60), { size: 32, box: 32, centre: "box" });
    expect(pixels).toHaveLength(1024);
    expect(Math.max(...geometry(pixels, 32).box)).toBeGreaterThanOrEqual(30);
  });

  test("is not made of an empty picture", () => {
    const plain = grey(40, new Uint8Array(1600).fill(90));
    expect(() => prepareDigit(plain)).toThrow("the image shows nothing");
    expect(() => prepareDigit(grey(1, Uint8Array.of(3)))).toThrow("the image shows nothing");
    expect(() => prepareDigit(plain, { box: 30 })).toThrow("a box of 30 pixels does not fit an image of 28");
  });
});

const shared = process.env["FOVEA_SHARED"] ?? join(import.meta.dirname, "../../../shared");
const folder = join(shared, "data", "mnist");

test.skipIf(!existsSync(folder))(
  "MNIST's own digits stay nearly what they are (needs the shared data)",
  async () => {
    const { test: digits } = await mnist({ dir: folder });
    let total = 0;
    const count = 300;
    for (let index = 0; index < count; index++) {
      const { pixels } = await digits.sample(index);
      total += meanDifference(prepareDigit(grey(28, pixels)), pixels);
    }
    expect(total / count).toBeLessThan(4);
  },
);
