import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { classifyFiles } from "../src/cli/classify-files.ts";
import { openClassifyingModel } from "../src/cli/classify-source.ts";
import type { ClassifyingModel } from "../src/cli/classifying-model.ts";
import type { ImageView } from "../src/data/image-view.ts";
import { resize } from "../src/data/resize.ts";
import "../src/index.ts";
import { toRgb } from "../src/io/to-rgb.ts";

const data = join(process.env["FOVEA_SHARED"] ?? "../shared", "data");
const labels = join(data, "imagenet/labels.json");
const network = join(data, "weights/squeezenet1.1/SqueezeNet_fp16.onnx");

interface Photograph {
  readonly file: string;
  readonly class: number;
  /** The first five classes by an independent float32 reference. */
  readonly top5: Readonly<Record<string, readonly number[]>>;
}

/** SqueezeNet 1.1 takes blue, green and red from 0 to 255, less their means. */
const squeezenet = {
  architecture: undefined,
  size: undefined,
  resize: 256,
  crop: "center",
  interpolation: "bilinear",
  scale: 255,
  mean: [104, 117, 123],
  std: undefined,
  bgr: true,
} as const;

/** The reference rounds the longer side where torchvision rounds it down, and the crop's place down where that rounds. */
const asTheReference: ImageView = (image) => {
  const [shorter, side] = [Math.min(image.width, image.height), 224];
  const scaled = (extent: number): number => Math.round((256 * extent) / shorter);
  const [width, height] = [scaled(image.width), scaled(image.height)];
  const pixels = resize(toRgb(image), { width, height, filter: "bilinear" }).data;
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
  return Uint8Array.from({ length: 3 * side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side) % side];
    const color = 2 - Math.floor(i / side ** 2);
    return pixels[((top + y) * width + left + x) * 3 + color]!;
  });
};

const absent = [labels, network].filter((file) => !existsSync(file));

describe.skipIf(absent.length > 0)(
  `SqueezeNet 1.1 on photographs${absent.map((file) => `, skipped without ${file}`)}`,
  () => {
    const photographs: readonly Photograph[] =
      absent.length > 0 ? [] : JSON.parse(readFileSync(labels, "utf8"));
    const files = photographs.map(({ file }) => join(data, "imagenet/images", file));

    /** The first five classes of each photograph. */
    async function firstFive(model: ClassifyingModel): Promise<number[][]> {
      const found: number[][] = [];
      for await (const result of classifyFiles(files, model, 16)) {
        if ("error" in result) throw new Error(result.error);
        found.push(result.ranked.slice(0, 5).map(({ index }) => index));
      }
      return found;
    }
    const right = (found: readonly number[][], most: number): number =>
      photographs.filter((photograph, i) => found[i]!.slice(0, most).includes(photograph.class)).length;

    test("ranks the first five classes of each as an independent reference does", async () => {
      const model = await openClassifyingModel(network, squeezenet);
      const expected = photographs.map(({ top5 }) => top5["SqueezeNet_fp16"]);
      expect(expected.length).toBeGreaterThan(0);
      expect(await firstFive({ ...model, view: asTheReference })).toEqual(expected);
    });

    test("names as many right as that reference, prepared as fovea classify does it", async () => {
      const found = await firstFive(await openClassifyingModel(network, squeezenet));
      const recorded = photographs.map(({ top5 }) => [...top5["SqueezeNet_fp16"]!]);
      expect(right(found, 1)).toBeGreaterThanOrEqual(right(recorded, 1));
      expect(right(found, 5)).toBeGreaterThanOrEqual(right(recorded, 5));
    });
  },
);
