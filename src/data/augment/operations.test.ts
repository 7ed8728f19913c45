import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageShape } from "../source.ts";
import { affine, rotate, shearX, shearY, translateX, translateY } from "./affine.ts";
import { brightness, contrast, saturation, sharpness } from "./enhance.ts";
import { randAugmentOperations } from "./rand-augment.ts";
import { rotateHue } from "./rotate-hue.ts";
import { autocontrast, equalize, posterize, solarize } from "./tones.ts";

/** Images of [3, 15, 18] and their first channels as Pillow changes them; the file says by which versions. */
interface Vectors {
  readonly input: string;
  readonly cases: readonly {
    readonly operation: keyof typeof operations;
    readonly value: number;
    readonly rgb: string;
    readonly gray?: string;
  }[];
  /** For magnitudes M = 0, 3, … 30 and an image of [100, 331]. */
  readonly strengths: Readonly<
    Record<string, { readonly signed: boolean; readonly magnitudes: readonly number[] }>
  >;
}

type Operation = (image: Uint8Array, shape: ImageShape, value: number) => void;

const operations = {
  brightness,
  contrast,
  saturation,
  sharpness,
  posterize,
  solarize,
  autocontrast,
  equalize,
  shearX,
  shearY,
  translateX,
  translateY,
  rotate,
  rotateHue,
} satisfies Record<string, Operation>;

const vectors = JSON.parse(readFileSync(new URL("pillow-vectors.json", import.meta.url), "utf8")) as Vectors;
const bytesOf = (text: string): number[] => [...Buffer.from(text, "base64")];
const [height, width] = [15, 18];

describe("operations give the bytes of Pillow", () => {
  test.each(vectors.cases)("$operation $value", ({ operation, value, rgb, gray }) => {
    const input = bytesOf(vectors.input);
    const image = Uint8Array.from(input);
    (operations[operation] as Operation)(image, [3, height, width], value);
    expect([...image]).toEqual(bytesOf(rgb));
    if (gray === undefined) return;
    const single = Uint8Array.from(input.slice(0, height * width));
    (operations[operation] as Operation)(single, [1, height, width], value);
    expect([...single]).toEqual(bytesOf(gray));
  });

  test("and the cases are of all operations", () => {
    expect(new Set(vectors.cases.map(({ operation }) => operation))).toEqual(
      new Set(Object.keys(operations)),
    );
  });
});

test("RandAugment's operations have torchvision's magnitudes", () => {
  expect(randAugmentOperations.map(({ name }) => name.toLowerCase())).toEqual(
    Object.keys(vectors.strengths).map((name) => name.toLowerCase()),
  );
  Object.values(vectors.strengths).forEach(({ signed, magnitudes }, index) => {
    const operation = randAugmentOperations[index]!;
    expect(operation.signed).toBe(signed);
    magnitudes.forEach((expected, i) => {
      // torchvision's are float32.
      expect(operation.magnitude(i / 10, [3, 100, 331]), operation.name).toBeCloseTo(expected, 4);
    });
  });
});

/** An image of up to 9 × 9 with one or three channels. */
const images = fc
  .tuple(fc.constantFrom(1, 3), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([c, h, w]) =>
    fc
      .uint8Array({ minLength: c * h * w, maxLength: c * h * w })
      .map((image) => ({ image, shape: [c, h, w] as const })),
  );

describe("properties", () => {
  const neutral: readonly (readonly [string, Operation, number])[] = [
    ["brightness", brightness, 1],
    ["contrast", contrast, 1],
    ["saturation", saturation, 1],
    ["sharpness", sharpness, 1],
    ["rotateHue", rotateHue, 0],
    ["rotateHue all round", rotateHue, 1],
    ["posterize", posterize, 8],
    ["solarize", solarize, 256],
    ["shearX", shearX, 0],
    ["shearY", shearY, 0],
    ["translateX", translateX, 0],
    ["translateY", translateY, -0.9],
    ["rotate", rotate, 0],
  ];
  test.each(neutral)("%s does nothing at its neutral value", (_, operation, value) => {
    fc.assert(
      fc.property(images, ({ image, shape }) => {
        const changed = image.slice();
        operation(changed, shape, value);
        expect(changed).toEqual(image);
      }),
    );
  });

  test("hue keeps value and chroma, up to rounding", () => {
    fc.assert(
      fc.property(images, fc.double({ min: -0.5, max: 0.5, noNaN: true }), ({ image, shape }, turn) => {
        if (shape[0] !== 3) return;
        const changed = image.slice();
        rotateHue(changed, shape, turn);
        const plane = image.length / 3;
        for (let i = 0; i < plane; i++) {
          const of = (bytes: Uint8Array): number[] => [bytes[i]!, bytes[plane + i]!, bytes[2 * plane + i]!];
          expect(Math.max(...of(changed))).toBe(Math.max(...of(image)));
          expect(Math.min(...of(changed))).toBe(Math.min(...of(image)));
        }
      }),
    );
  });

  test("what comes in from outside is the fill, in as many rows as told", () => {
    fc.assert(
      fc.property(images, fc.integer({ min: -12, max: 12 }), ({ image, shape }, pixels) => {
        const [channels, h, w] = shape;
        const changed = image.slice();
        translateY(changed, shape, pixels, 77);
        for (let c = 0; c < channels; c++) {
          for (let y = 0; y < h; y++) {
            const row = (c * h + y) * w;
            const source = (c * h + y - pixels) * w;
            const inside = y - pixels >= 0 && y - pixels < h;
            const expected = inside ? image.subarray(source, source + w) : new Uint8Array(w).fill(77);
            expect(changed.subarray(row, row + w)).toEqual(expected);
          }
        }
      }),
    );
  });

  test("quarter turns of a square are exact, and four of them are none", () => {
    const square = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    rotate(square, [1, 3, 3], 90);
    expect([...square]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    for (let i = 0; i < 3; i++) rotate(square, [1, 3, 3], 90);
    expect([...square]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("a map takes the source's pixel for each of the result", () => {
    const image = Uint8Array.of(1, 2, 3, 4);
    affine(image, [1, 2, 2], [0, 1, 0, 1, 0, 0], 0);
    expect([...image]).toEqual([1, 3, 2, 4]);
  });

  test("colours need colours", () => {
    expect(() => saturation(new Uint8Array(8), [2, 2, 2], 2)).toThrow(
      "saturation is for grey and RGB images, but the image has 2 channels",
    );
  });
});
