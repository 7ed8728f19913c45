import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArgumentError } from "../core/errors.ts";
import type { Image } from "../io/image.ts";
import { type ResizeOptions, resize } from "./resize.ts";

type Filter = ResizeOptions["filter"];
const filters: readonly Filter[] = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"];

function patterned(width: number, height: number, channels: 1 | 3): Image {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * i * 7 + i * 31) % 251);
  return { width, height, channels, data };
}

/** Filter, size and channels of a patterned image, the size wanted, and 64 bits of the SHA-256 of Pillow 12.3's result. */
const fromPillow: readonly (readonly [Filter, [number, number, 1 | 3], [number, number], string])[] = [
  ["nearest", [40, 30, 3], [17, 23], "01506bef4bdc8e19"],
  ["nearest", [9, 13, 3], [31, 40], "984a1ab48c05925a"],
  ["nearest", [64, 48, 1], [5, 48], "0da0d3656c8fd2bf"],
  ["nearest", [21, 17, 1], [21, 60], "1dafac41ce1a8d0f"],
  ["nearest", [1, 1, 3], [4, 3], "6246cb13d365a33b"],
  ["nearest", [200, 120, 3], [56, 33], "372a55a24c8f0ed1"],
  ["nearest", [65, 84, 3], [79, 46], "c5dc5d03c195387c"],
  ["nearest", [87, 87, 3], [8, 41], "728d81a9f2220d8b"],
  ["nearest", [26, 34, 3], [56, 72], "cb6e7a66e94f4369"],
  ["nearest", [16, 61, 3], [78, 20], "15502120f81fb72b"],
  ["lanczos", [40, 30, 3], [17, 23], "442238fb9541c85f"],
  ["lanczos", [9, 13, 3], [31, 40], "2ff07ef89406ece0"],
  ["lanczos", [64, 48, 1], [5, 48], "a3e57693255153e2"],
  ["lanczos", [21, 17, 1], [21, 60], "8d3b4146d1041e31"],
  ["lanczos", [1, 1, 3], [4, 3], "6246cb13d365a33b"],
  ["lanczos", [200, 120, 3], [56, 33], "ec1ceb7d673416f4"],
  ["lanczos", [31, 81, 3], [6, 43], "1536797934438c07"],
  ["lanczos", [39, 13, 3], [71, 86], "d2cf4c9ba2d87823"],
  ["lanczos", [83, 33, 3], [66, 87], "b74bd546112d09a6"],
  ["lanczos", [83, 53, 3], [16, 42], "9bca05400b24adea"],
  ["bilinear", [40, 30, 3], [17, 23], "f71846595c324371"],
  ["bilinear", [9, 13, 3], [31, 40], "b28b7ae3b44754c0"],
  ["bilinear", [64, 48, 1], [5, 48], "241add3538b0ae46"],
  ["bilinear", [21, 17, 1], [21, 60], "b332fe51945e68ba"],
  ["bilinear", [1, 1, 3], [4, 3], "6246cb13d365a33b"],
  ["bilinear", [200, 120, 3], [56, 33], "8dff0e19f7d3f991"],
  ["bilinear", [28, 63, 1], [37, 84], "a28bac9126e22235"],
  ["bilinear", [60, 9, 1], [12, 47], "9b3bed8494ceb66d"],
  ["bilinear", [45, 44, 1], [77, 45], "ac9d9f14383a7782"],
  ["bilinear", [86, 79, 1], [32, 18], "d4a3a47f4941e0c2"],
  ["bicubic", [40, 30, 3], [17, 23], "cf9eeda8f011d5e0"],
  ["bicubic", [9, 13, 3], [31, 40], "745229e5f6c093d7"],
  ["bicubic", [64, 48, 1], [5, 48], "2e819b3b43994868"],
  ["bicubic", [21, 17, 1], [21, 60], "b74b47ab1fc1b561"],
  ["bicubic", [1, 1, 3], [4, 3], "6246cb13d365a33b"],
  ["bicubic", [200, 120, 3], [56, 33], "7e4740d479c3c453"],
  ["bicubic", [15, 47, 3], [52, 58], "25954fb34a5325ac"],
  ["bicubic", [84, 48, 1], [52, 8], "d3fdd514da4e5b35"],
  ["bicubic", [89, 83, 1], [3, 44], "8f2efe787118a793"],
  ["bicubic", [61, 11, 1], [43, 33], "b079b8a5d87209d0"],
  ["box", [40, 30, 3], [17, 23], "6303e2bf1752f8fc"],
  ["box", [9, 13, 3], [31, 40], "984a1ab48c05925a"],
  ["box", [64, 48, 1], [5, 48], "143434608965c406"],
  ["box", [21, 17, 1], [21, 60], "1dafac41ce1a8d0f"],
  ["box", [1, 1, 3], [4, 3], "6246cb13d365a33b"],
  ["box", [200, 120, 3], [56, 33], "cfc5d52dc57e5c46"],
  ["box", [73, 62, 3], [16, 69], "f59b5a6d032dfdc3"],
  ["box", [17, 59, 1], [41, 43], "0b6733d03ef13555"],
  ["box", [87, 16, 3], [89, 20], "b5a0c687fe25c24f"],
  ["box", [86, 12, 1], [79, 4], "ad04aecc1d28a7ee"],
  ["hamming", [40, 30, 3], [17, 23], "39b3bfeed79c3823"],
  ["hamming", [9, 13, 3], [31, 40], "2a44568a97308de3"],
  ["hamming", [64, 48, 1], [5, 48], "c064e42a9fe00d67"],
  ["hamming", [21, 17, 1], [21, 60], "088acc2846fd7acf"],
  ["hamming", [1, 1, 3], [4, 3], "6246cb13d365a33b"],
  ["hamming", [200, 120, 3], [56, 33], "e804bfef01e605b5"],
  ["hamming", [48, 66, 1], [16, 4], "f4e7440caa371788"],
  ["hamming", [82, 30, 3], [48, 7], "fd6b06600d39d89b"],
  ["hamming", [86, 25, 1], [76, 34], "4d8795645da18817"],
  ["hamming", [31, 14, 1], [87, 9], "ce62fc251ecc09ce"],
];

test.each(fromPillow)("%s of %j to %j gives Pillow's bytes", (filter, size, [width, height], sha256) => {
  const { data } = resize(patterned(...size), { width, height, filter });
  expect(data).toHaveLength(width * height * size[2]);
  expect(createHash("sha256").update(data).digest("hex").slice(0, 16)).toBe(sha256);
});

const anyExtent = fc.integer({ min: 1, max: 12 });
const anyImage = fc.record({ width: anyExtent, height: anyExtent }).chain(({ width, height }) =>
  fc.constantFrom(1 as const, 3 as const).chain((channels) => {
    const length = width * height * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data): Image => ({ width, height, channels, data }));
  }),
);

describe("resize", () => {
  test("keeps an image of the same size", () => {
    fc.assert(
      fc.property(anyImage, fc.constantFrom(...filters), (image, filter) => {
        expect(resize(image, { width: image.width, height: image.height, filter })).toEqual(image);
      }),
    );
  });

  test("keeps a plain colour with every filter", () => {
    fc.assert(
      fc.property(
        anyImage,
        anyExtent,
        anyExtent,
        fc.constantFrom(...filters),
        (image, width, height, filter) => {
          const plain = { ...image, data: image.data.map(() => 77) };
          expect([...resize(plain, { width, height, filter }).data].every((value) => value === 77)).toBe(
            true,
          );
        },
      ),
    );
  });

  test("stays between the darkest and the brightest where no weight is negative", () => {
    const positive = fc.constantFrom<Filter>("nearest", "box", "bilinear", "hamming");
    fc.assert(
      fc.property(anyImage, anyExtent, anyExtent, positive, (image, width, height, filter) => {
        const { data } = resize(image, { width, height, filter });
        expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...image.data));
        expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...image.data));
      }),
    );
  });

  test("takes a box as if the image were cropped before", () => {
    const image = patterned(8, 6, 3);
    const box = { left: 2, top: 1, right: 7, bottom: 5 };
    const rows = [1, 2, 3, 4].map((y) => image.data.subarray((8 * y + 2) * 3, (8 * y + 7) * 3));
    const cropped: Image = { width: 5, height: 4, channels: 3, data: new Uint8Array(Buffer.concat(rows)) };
    for (const filter of filters) {
      const size = { width: 3, height: 9, filter };
      expect(resize(image, { ...size, box })).toEqual(resize(cropped, size));
    }
  });

  test("does not alias: fine stripes become grey", () => {
    const data = Uint8Array.from({ length: 64 }, (_, x) => (x % 2) * 255);
    const stripes: Image = { width: 64, height: 1, channels: 1, data };
    const { data: small } = resize(stripes, { width: 8, height: 1, filter: "bilinear" });
    for (const value of small) expect(Math.abs(value - 127.5)).toBeLessThan(5);
  });

  test.each<[string, Image, Partial<ResizeOptions>]>([
    ["the image has an alpha channel", { width: 1, height: 1, channels: 4, data: new Uint8Array(4) }, {}],
    ["0 × 3 is no size of an image", patterned(2, 2, 1), { width: 0 }],
    [
      "is no part of an image of 2 × 2",
      patterned(2, 2, 1),
      { box: { left: 0, top: 0, right: 3, bottom: 2 } },
    ],
    [
      "is no part of an image of 2 × 2",
      patterned(2, 2, 1),
      { box: { left: 1, top: 0, right: 1, bottom: 2 } },
    ],
  ])("refuses: %s", (message, image, options) => {
    const run = () => resize(image, { width: 3, height: 3, filter: "box", ...options });
    expect(run).toThrow(ArgumentError);
    expect(run).toThrow(message);
  });
});
