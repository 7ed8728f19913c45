import { describe, expect, test } from "vitest";
import { FileError } from "../core/errors.ts";
import { type NamedBytes, parseIdxDataset } from "./idx-dataset.ts";

const options = { classes: ["a", "b"], normalization: { mean: [0], std: [1] } };

/** An IDX file: type code, extents, elements. */
function idx(file: string, code: number, shape: readonly number[], elements: readonly number[]): NamedBytes {
  const extents = shape.flatMap((extent) => [
    extent >>> 24,
    (extent >>> 16) & 255,
    (extent >>> 8) & 255,
    extent & 255,
  ]);
  return { file, bytes: Uint8Array.from([0, 0, code, shape.length, ...extents, ...elements]) };
}

const images = idx("images", 8, [2, 1, 3], [1, 2, 3, 4, 5, 6]);
const labels = idx("labels", 8, [2], [1, 0]);

async function gzipped({ file, bytes }: NamedBytes): Promise<NamedBytes> {
  const stream = new Blob([Uint8Array.from(bytes)]).stream().pipeThrough(new CompressionStream("gzip"));
  return { file, bytes: new Uint8Array(await new Response(stream).arrayBuffer()) };
}

describe("parseIdxDataset", () => {
  test("reads images and labels, compressed or not", async () => {
    for (const pair of [
      [images, labels],
      [await gzipped(images), await gzipped(labels)],
    ] as const) {
      const dataset = await parseIdxDataset(...pair, options);
      expect([dataset.length, dataset.imageShape]).toEqual([2, [1, 1, 3]]);
      const { pixels, target } = await dataset.sample(1);
      expect([...pixels, ...target]).toEqual([4, 5, 6, 0]);
    }
  });

  test.each<[string, NamedBytes, NamedBytes, string, number]>([
    ["counts", images, idx("labels", 8, [3], [0, 0, 1]), "labels: has 3 labels, but images has 2 images", 4],
    ["a label", images, idx("labels", 8, [2], [1, 2]), "labels: label 1 is 2, but there are 2 classes", 9],
    [
      "swapped files",
      labels,
      images,
      "labels: has the shape [2], but [images, height, width] is expected",
      3,
    ],
    ["the type", images, idx("labels", 9, [2], [1, 0]), "labels: has elements of int8", 2],
    ["empty images", idx("images", 8, [2, 0, 3], []), labels, "images: has images of 0×3 pixels", 8],
    [
      "a short file",
      idx("images", 8, [2, 1, 3], [1, 2]),
      labels,
      "images: uint8 [2, 1, 3] takes 6 bytes",
      16,
    ],
    ["huge extents", idx("images", 8, [2 ** 31, 2 ** 31, 2 ** 31], []), labels, "images: ", 16],
    [
      "no IDX file",
      { file: "images", bytes: Uint8Array.of(60, 104, 116, 109) },
      labels,
      "not an IDX file",
      0,
    ],
  ])("refuses wrong %s", async (_, first, second, message, offset) => {
    const error: unknown = await parseIdxDataset(first, second, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toContain(message);
    expect((error as FileError).offset).toBe(offset);
  });

  test("refuses a damaged gzip file", async () => {
    const { file, bytes } = await gzipped(images);
    await expect(parseIdxDataset({ file, bytes: bytes.subarray(0, 20) }, labels, options)).rejects.toThrow(
      FileError,
    );
  });
});
