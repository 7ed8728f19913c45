import { describe, expect, test } from "vitest";
import { normalizeBytes } from "../data/preprocess.ts";
import type { Image } from "../io/image.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { type PreparationValues, preparedBy } from "./preparation-options.ts";

const own: Preprocessing = {
  inputSize: [3, 2, 2],
  resize: 2,
  interpolation: "bilinear",
  cropMode: "center",
  mean: [0.1, 0.2, 0.3],
  std: [0.5, 0.25, 0.2],
};
const nothing: PreparationValues = {
  size: undefined,
  resize: undefined,
  crop: undefined,
  interpolation: undefined,
  scale: undefined,
  mean: undefined,
  std: undefined,
  bgr: false,
};

const [red, green, blue] = [255, 51, 0];
const plain: Image = {
  width: 3,
  height: 5,
  channels: 3,
  data: Uint8Array.from({ length: 45 }, (_, i) => [red, green, blue][i % 3]!),
};

/** The value of each channel of the plain image. */
function channels(values: Partial<PreparationValues>, preprocessing: Preprocessing = own): number[] {
  const { view, normalization } = preparedBy({ ...nothing, ...values }, preprocessing);
  const image = normalizeBytes(view(plain, undefined), normalization);
  expect(image).toHaveLength(12);
  return [image[0]!, image[4]!, image[8]!];
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });
}

describe("preparation options", () => {
  test("change nothing where none is given", () => {
    expectClose(channels({}), [(1 - 0.1) / 0.5, (0.2 - 0.2) / 0.25, (0 - 0.3) / 0.2]);
  });

  test("prepare as SqueezeNet 1.1 wants it: blue, green, red from 0 to 255, less the means", () => {
    expectClose(channels({ scale: 255, mean: [104, 117, 123], bgr: true }), [
      blue - 104,
      green - 117,
      red - 123,
    ]);
  });

  test("take one number for all channels, and 0 and 1 for what is not told", () => {
    expectClose(channels({ mean: [0.5] }), [0.5, -0.3, -0.5]);
    expectClose(channels({ std: [0.5] }), [2, 0.4, 0]);
    expectClose(channels({ scale: 255 }), [255, 51, 0]);
  });

  test("keep the means with their colours where only the order of channels is told", () => {
    expectClose(channels({ bgr: true }), channels({}).toReversed());
  });

  test("draw a border in the colour that becomes zero, also for blue, green and red", () => {
    const { view, normalization } = preparedBy(
      { ...nothing, crop: "border", scale: 255, mean: [104, 117, 123], bgr: true },
      own,
    );
    const image = normalizeBytes(view(plain, undefined), normalization);
    // Of 3 × 5 pixels the border leaves a column of two.
    expectClose([image[1]!, image[5]!, image[9]!], [0, 0, 0]);
    expectClose([image[0]!, image[4]!, image[8]!], [blue - 104, green - 117, red - 123]);
  });

  test("keep the share that is cut off where the size is another", () => {
    const halves: Image = {
      width: 4,
      height: 4,
      channels: 1,
      data: new Uint8Array(16).map((_, i) => 80 * (i % 4)),
    };
    const { view, imageShape } = preparedBy({ ...nothing, size: 4 }, { ...own, resize: 4 });
    expect(imageShape).toEqual([3, 4, 4]);
    const direct = preparedBy({ ...nothing, size: 4, resize: 8 }, own);
    expect(view(halves, undefined)).toEqual(direct.view(halves, undefined));
  });

  test("must fit the channels", () => {
    expect(() => channels({ mean: [1, 2] })).toThrow(
      "--mean has 2 numbers, but the network takes 3 channels",
    );
    const grey: Preprocessing = { ...own, inputSize: [1, 2, 2], mean: [0], std: [1] };
    expect(() => channels({ bgr: true }, grey)).toThrow("--bgr needs 3 channels, but the network takes 1");
  });
});
