import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tensor } from "../core/tensor.ts";
import { toChannelsFirst } from "../data/preprocess.ts";
import "../index.ts";
import { encodeNetpbm } from "../io/netpbm.ts";
import { toRgb } from "../io/to-rgb.ts";
import { Module } from "../nn/module.ts";
import { flatten } from "../ops/movement.ts";
import { type Classification, classifyFiles } from "./classify-files.ts";
import type { ClassifyingModel } from "./classifying-model.ts";

/** The three values of a pixel are the scores of three classes. */
class PixelClassifier extends Module {
  override forward(x: Tensor): Tensor {
    return flatten(x, 1);
  }
}

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-files-"));
  const colors = [[90, 0, 0], [0, 80, 0], [], [0, 0, 70], [60, 50, 0]];
  files = colors.map((_, i) => join(folder, `${i}.ppm`));
  for (const [i, color] of colors.entries()) {
    const image = { width: 1, height: 1, channels: 3, data: Uint8Array.from(color) } as const;
    await writeFile(files[i]!, color.length === 0 ? "P6 1 1 255\n" : encodeNetpbm(image));
  }
});
afterAll(() => rm(folder, { recursive: true }));

const network = (model: Module): ClassifyingModel => ({
  model,
  imageShape: [3, 1, 1],
  view: (image) => toChannelsFirst(toRgb(image)),
  normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
  labels: undefined,
});

async function classified(model: ClassifyingModel, atATime: number): Promise<Classification[]> {
  const results: Classification[] = [];
  for await (const result of classifyFiles(files, model, atATime)) results.push(result);
  return results;
}

test.each([1, 2, 3, 9])(
  "files stay in their order, with errors among them, %i at a time",
  async (atATime) => {
    const results = await classified(network(new PixelClassifier()), atATime);
    expect(results.map(({ file }) => file)).toEqual(files);
    const found = results.map((each) =>
      "error" in each ? each.error : each.ranked.map(({ index }) => index),
    );
    expect(found).toEqual([
      [0, 1, 2],
      [1, 0, 2],
      expect.stringContaining(`${files[2]}: `),
      [2, 0, 1],
      [0, 1, 2],
    ]);
  },
);
