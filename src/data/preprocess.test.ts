import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import type { Image } from "../io/image.ts";
import type { CropMode, Interpolation, Preprocessing } from "../io/preprocessing.ts";
import { centerCrop, roundHalfToEven } from "./center-crop.ts";
import { centerView, preprocess } from "./preprocess.ts";

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

function patterned(width: number, height: number, channels: Image["channels"]): Image {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * i * 7 + i * 31) % 251);
  return { width, height, channels, data };
}

type Row = readonly [
  image: [width: number, height: number, channels: Image["channels"]],
  preprocessing: [side: number, resize: number, Interpolation, CropMode],
  values: readonly number[],
  sha256: string,
];

/**
 * What timm 1.0.29 gives for patterned images, with its create_transform(…) for evaluation: the first red value, the green
 * one at ⌊side / 2⌋, ⌊side / 3⌋ and the last blue one; and 64 bits of the SHA-256 of all bytes before normalization.
 */
const fromTimm: readonly Row[] = [
  [[18, 74, 3], [24, 21, "bicubic", "center"], [-2.117904, -0.267507, -1.804444], "c7d15628e9044572"],
  [[110, 110, 1], [24, 25, "nearest", "squash"], [1.632417, 1.483193, -1.142135], "780f1fcff35c7616"],
  [[6, 8, 4], [24, 25, "lanczos", "border"], [0.005565486, 1.885854, 0.008191798], "e0e5c94b220ed99c"],
  [[108, 12, 3], [48, 50, "lanczos", "center"], [-1.552787, -0.460084, 1.716253], "06fa6ecaf1bf5554"],
  [[38, 118, 4], [32, 36, "nearest", "squash"], [2.060536, -0.460084, -1.455861], "887a724d8671919a"],
  [[117, 86, 3], [24, 21, "bicubic", "border"], [0.005565486, 0.1001401, 0.008191798], "35203d9da6aeaf4d"],
  [[116, 37, 1], [48, 48, "lanczos", "center"], [-1.261666, 0.9579833, -0.8284096], "5e54e9353978cd40"],
  [[29, 118, 4], [24, 21, "bicubic", "squash"], [-2.117904, 0.2577032, -1.804444], "6fd303a30882531c"],
  [[105, 86, 4], [24, 21, "bilinear", "border"], [0.005565486, 0.3802522, 0.008191798], "5097346aa6baf44c"],
  [[110, 15, 4], [31, 35, "nearest", "center"], [-0.5253019, -1.755602, 1.053944], "dfb79f1cb210124f"],
  [[72, 59, 1], [48, 50, "nearest", "squash"], [1.563918, 0.5028012, 1.751111], "0c3365f0c8636e85"],
  [[58, 12, 3], [24, 21, "bilinear", "border"], [0.005565486, 0.4677872, 0.008191798], "c0d8ac50f5e8876a"],
  [[21, 20, 4], [32, 32, "bicubic", "center"], [-2.117904, 0.7128853, 0.6530721], "624dcb53bd8d1064"],
  [[25, 76, 3], [32, 36, "nearest", "squash"], [0.02269024, 0.3627452, 2.117124], "517d353ed4925a64"],
  [[11, 112, 3], [24, 25, "nearest", "border"], [0.005565486, -0.00490195, 0.008191798], "11463b97d6b837bf"],
  [[65, 26, 3], [24, 21, "nearest", "center"], [-2.117904, 2.323529, -1.804444], "41b397f7bb0c4701"],
  [[107, 35, 1], [31, 34, "bilinear", "squash"], [0.7076805, 0.3277312, 0.6007845], "ba29a396f7cc8ed4"],
  [[81, 82, 4], [32, 35, "bicubic", "border"], [-0.2855553, 0.03011205, 0.4090632], "88eb79a13860eb7d"],
];

test.each(fromTimm)(
  "%j for %j gives timm's values",
  (size, [side, resize, interpolation, cropMode], values, sha256) => {
    const image = patterned(...size);
    const preprocessing: Preprocessing = {
      inputSize: [3, side, side],
      resize,
      interpolation,
      cropMode,
      ...imagenet,
    };
    const bytes = centerView(preprocessing)(image, undefined);
    expect(createHash("sha256").update(bytes).digest("hex").slice(0, 16)).toBe(sha256);
    const result = preprocess(image, preprocessing);
    expect(result).toHaveLength(3 * side * side);
    const places = [0, side * side + Math.floor(side / 2) * side + Math.floor(side / 3), result.length - 1];
    // Values are written in seven digits; timm rounds after the subtraction and after the division.
    places.forEach((place, i) => {
      expect(result[place]).toBeCloseTo(values[i]!, 5);
    });
  },
);

describe("preprocess", () => {
  const plain = { resize: 8, interpolation: "bilinear", cropMode: "center" } as const;

  it("gives grey to a network of one channel", () => {
    const preprocessing: Preprocessing = { ...plain, inputSize: [1, 8, 8], mean: [0.5], std: [0.25] };
    const data = new Uint8Array(8 * 8 * 3).fill(0).map((_, i) => (i % 3 === 1 ? 255 : 0));
    const result = preprocess({ width: 8, height: 8, channels: 3, data }, preprocessing);
    expect(result).toHaveLength(64);
    // 0.587 · 255 = 149.7
    for (const value of result) expect(value).toBeCloseTo((150 / 255 - 0.5) / 0.25, 6);
  });

  it("refuses an image so narrow that scaling it would fill the memory", () => {
    const preprocessing: Preprocessing = { ...plain, resize: 256, inputSize: [3, 224, 224], ...imagenet };
    expect(() => preprocess(patterned(1, 65_500, 1), preprocessing)).toThrow(
      "resize: 256 × 16768000 × 3 samples are over the limit of 268435456; the image has 1 × 65500 pixels",
    );
  });
});

describe("centerCrop", () => {
  const columns = (width: number): Image => ({
    width,
    height: 1,
    channels: 1,
    data: Uint8Array.from({ length: width }, (_, x) => x + 1),
  });

  test.each([
    [4, [1, 2, 3]],
    [6, [3, 4, 5]],
    [8, [3, 4, 5]],
    [3, [1, 2, 3]],
    [2, [1, 2, 9]],
    [1, [9, 1, 9]],
  ])("of 3 pixels out of %i gives %j", (width, expected) => {
    expect([...centerCrop(columns(width), 3, 1, [9]).data]).toEqual(expected);
  });

  test("halves go to the even number", () => {
    expect([0.5, 1.5, 2.5, 3.4, 3.6, 4, -1.5].map(roundHalfToEven)).toEqual([0, 2, 2, 3, 4, 4, -2]);
  });
});
