import { describe, expect, test } from "vitest";
import type { Image } from "../../io/image.ts";
import type { Preprocessing } from "../../io/preprocessing.ts";
import { centerView } from "../preprocess.ts";
import { Random } from "../random.ts";
import { drawCrop, randomResizedCrop } from "./random-resized-crop.ts";

const preprocessing: Preprocessing = {
  inputSize: [3, 8, 10],
  resize: 9,
  interpolation: "bilinear",
  cropMode: "center",
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};

/** Red is the column, green the row. */
function ramp(width: number, height: number): Image {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [pixel % width, Math.floor(pixel / width), 9][i % 3]!;
  });
  return { width, height, channels: 3, data };
}

describe("randomResizedCrop", () => {
  const view = randomResizedCrop(preprocessing, { scale: [0.2, 0.6] });

  test("scales a part of the image to the network's size", () => {
    for (let seed = 0; seed < 40; seed++) {
      const bytes = view(ramp(120, 90), new Random(seed));
      expect(bytes).toHaveLength(240);
      const [red, green, blue] = [bytes.subarray(0, 80), bytes.subarray(80, 160), bytes.subarray(160)];
      expect(new Set(blue)).toEqual(new Set([9]));
      for (let i = 0; i < 80; i++) {
        if (i % 10 > 0) expect(red[i]!).toBeGreaterThan(red[i - 1]!);
        if (i >= 10) expect(green[i]!).toBeGreaterThan(green[i - 10]!);
      }
      // Eight rows lie 7/8 of the crop's height apart.
      const share = (((red[9]! - red[0]!) / 0.9) * ((green[70]! - green[0]!) / 0.875)) / (120 * 90);
      expect(share).toBeGreaterThan(0.17);
      expect(share).toBeLessThan(0.65);
    }
  });

  test("is the middle without random numbers, and the same bytes for the same stream", () => {
    const image = ramp(40, 31);
    expect(view(image, undefined)).toEqual(centerView(preprocessing)(image, undefined));
    expect(view(image, new Random(5))).toEqual(view(image, new Random(5)));
    expect(view(image, new Random(5))).not.toEqual(view(image, new Random(6)));
  });

  test("gives grey where the network takes it", () => {
    const gray = randomResizedCrop({ ...preprocessing, inputSize: [1, 8, 10], mean: [0.5], std: [0.5] });
    expect(gray(ramp(20, 20), new Random(0))).toHaveLength(80);
  });

  test("refuses ranges that are none", () => {
    expect(() => randomResizedCrop(preprocessing, { scale: [0, 1] })).toThrow(
      "randomResizedCrop: scale must be two positive numbers up to 1 in order, but is [0, 1]",
    );
  });
});

describe("drawCrop", () => {
  test("keeps to the ranges of area and form, and reaches all of them", () => {
    const areas: number[] = [];
    const forms: number[] = [];
    const random = new Random(1);
    for (let i = 0; i < 4000; i++) {
      const { left, top, right, bottom } = drawCrop(400, 400, [0.1, 0.5], [0.5, 2], random);
      expect(left >= 0 && top >= 0 && right <= 400 && bottom <= 400).toBe(true);
      areas.push(((right - left) * (bottom - top)) / 400 ** 2);
      forms.push(Math.log2((right - left) / (bottom - top)));
    }
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.min(...areas)).toBeGreaterThan(0.098);
    expect(Math.max(...areas)).toBeLessThan(0.502);
    // Even in area and in the logarithm of the form, up to five standard errors and rounding.
    expect(Math.abs(mean(areas) - 0.3)).toBeLessThan(0.012);
    expect(Math.abs(mean(forms))).toBeLessThan(0.05);
  });

  test("falls back to the largest crop in the middle whose ratio is in the range", () => {
    // A strip of which no allowed part has the wanted area.
    const wide = drawCrop(1000, 10, [0.9, 1], [3 / 4, 4 / 3], new Random(0));
    expect(wide).toEqual({ left: 493, top: 0, right: 506, bottom: 10 });
    const tall = drawCrop(10, 1000, [0.9, 1], [3 / 4, 4 / 3], new Random(0));
    expect(tall).toEqual({ left: 0, top: 493, right: 10, bottom: 506 });
  });
});
