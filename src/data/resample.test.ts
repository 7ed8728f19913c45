import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resample } from "./resample.ts";

const anyImage = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height })
      .map((data) => ({ width, height, data })),
  );
const anyExtent = fc.integer({ min: 1, max: 12 });

describe("resample", () => {
  test("keeps an image of the same size", () => {
    fc.assert(
      fc.property(anyImage, (image) => {
        expect(resample(image, image.width, image.height)).toEqual(image);
      }),
    );
  });

  test("keeps a plain colour, and stays between the darkest and the brightest", () => {
    fc.assert(
      fc.property(anyImage, anyExtent, anyExtent, (image, width, height) => {
        const { data } = resample(image, width, height);
        expect(data).toHaveLength(width * height);
        expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...image.data));
        expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...image.data));
        const plain = { ...image, data: image.data.map(() => 77) };
        expect([...resample(plain, width, height).data].every((value) => value === 77)).toBe(true);
      }),
    );
  });

  test("takes a part as if it were cropped before", () => {
    const data = Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256);
    const box = { left: 2, top: 1, right: 7, bottom: 5 };
    const cropped = Uint8Array.from(
      { length: 20 },
      (_, i) => data[(1 + Math.floor(i / 5)) * 8 + 2 + (i % 5)]!,
    );
    const part = resample({ width: 8, height: 6, data }, 3, 9, box);
    expect(part).toEqual(resample({ width: 5, height: 4, data: cropped }, 3, 9));
  });

  test("does not alias: fine stripes become grey", () => {
    const data = Uint8Array.from({ length: 64 }, (_, x) => (x % 2) * 255);
    const { data: small } = resample({ width: 64, height: 1, data }, 8, 1);
    for (const value of small) expect(Math.abs(value - 127.5)).toBeLessThan(5);
  });

  test("interpolates linearly where it enlarges", () => {
    const { data } = resample({ width: 2, height: 1, data: Uint8Array.of(0, 200) }, 4, 1);
    expect([...data]).toEqual([0, 50, 150, 200]);
  });
});
