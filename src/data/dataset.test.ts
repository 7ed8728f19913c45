import { describe, expect, test } from "vitest";
import { Dataset } from "./dataset.ts";

/** `length` images of shape [2, 1, 2], with bytes 4i … 4i + 3 and label i mod 3. */
function numbered(length: number): Dataset {
  return Dataset.fromArrays({
    images: Uint8Array.from({ length: 4 * length }, (_, i) => i),
    labels: Int32Array.from({ length }, (_, i) => i % 3),
    imageShape: [2, 1, 2],
    classes: ["a", "b", "c"],
  });
}

async function firstBytes(dataset: Dataset): Promise<number[]> {
  const bytes: number[] = [];
  for (let i = 0; i < dataset.length; i++) bytes.push((await dataset.sample(i)).pixels[0]! / 4);
  return bytes;
}

describe("Dataset", () => {
  test("subset takes indices in their order, or a range", async () => {
    const dataset = numbered(8);
    expect(await firstBytes(dataset.subset([5, 0, 5]))).toEqual([5, 0, 5]);
    expect(await firstBytes(dataset.subset({ start: 6 }))).toEqual([6, 7]);
    expect(await firstBytes(dataset.subset({ start: 2, end: 5 }).subset([2, 0]))).toEqual([4, 2]);
    expect(() => dataset.subset([8])).toThrow("sample 8 does not exist in a dataset of 8 samples");
    expect(() => dataset.subset({ start: 3, end: 9 })).toThrow("the range from 3 to 9");
  });

  test("split gives two parts that are the whole, and depends on the seed alone", async () => {
    const dataset = numbered(20);
    const [train, test] = dataset.split(0.7, 3);
    expect([train.length, test.length]).toEqual([14, 6]);
    const all = [...(await firstBytes(train)), ...(await firstBytes(test))];
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await firstBytes(dataset.split(0.7, 3)[0])).toEqual(await firstBytes(train));
    expect(await firstBytes(dataset.split(0.7, 4)[0])).not.toEqual(await firstBytes(train));
    expect(dataset.split(0)[0].length).toBe(0);
    expect(() => dataset.split(1.5)).toThrow("fraction must lie in [0, 1]");
  });

  test("refuses arrays that do not fit", () => {
    const base = {
      images: new Uint8Array(8),
      labels: new Int32Array(2),
      imageShape: [1, 2, 2] as const,
      classes: ["a", "b"],
    };
    const build = (change: Partial<typeof base>) => () => Dataset.fromArrays({ ...base, ...change });
    expect(build({})().length).toBe(2);
    expect(build({ images: new Uint8Array(9) })).toThrow("images has 9 bytes, which is no multiple of 4");
    expect(build({ labels: new Int32Array(3) })).toThrow("labels has 3 entries, but 2 images");
    expect(build({ labels: Int32Array.of(0, 2) })).toThrow("labels[1] is 2, but there are 2 classes");
    expect(build({ labels: Int32Array.of(-1, 0) })).toThrow("labels[0] is -1");
    expect(() => Dataset.fromArrays({ ...base, imageShape: [0, 2, 2] })).toThrow("positive integers");
  });

  test("refuses a normalization that does not fit the channels", () => {
    expect(() => numbered(2).normalized({ mean: [0], std: [1] })).toThrow("images have 2 channels");
    expect(() => numbered(2).normalized({ mean: [0, 0], std: [1, 0] })).toThrow(
      "positive standard deviations",
    );
  });
});
