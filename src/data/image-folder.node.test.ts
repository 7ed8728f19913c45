import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { jpegVectors } from "../../test/jpeg-vectors.ts";
import { FileError } from "../core/errors.ts";
import { decodeImage } from "../io/decode-image.ts";
import { encodeNetpbm } from "../io/netpbm.ts";
import { encodePng } from "../io/png-encode.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { type ImageFolderOptions, imageFolder } from "./image-folder.node.ts";
import type { ImageView } from "./image-view.ts";
import { centerView } from "./preprocess.ts";

const preprocessing: Preprocessing = {
  inputSize: [3, 4, 4],
  resize: 5,
  interpolation: "bilinear",
  cropMode: "center",
  mean: [0.1, 0.2, 0.3],
  std: [0.5, 0.5, 0.5],
};

const jpeg = Buffer.from(jpegVectors[2]!.base64, "base64");
/** A plain image, which no crop changes. */
const plain = (value: number) =>
  ({ width: 6, height: 9, channels: 1, data: new Uint8Array(54).fill(value) }) as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-folder-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A folder of its own with these files. */
async function folderOf(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return join(folder, name);
}

/** `count` plain images for each class; that number i of class c is of the grey value 10·c + i. */
function plainFiles(prefix: string, classes: readonly string[], count: number): Record<string, Uint8Array> {
  return Object.fromEntries(
    classes.flatMap((name, c) =>
      Array.from({ length: count }, (_, i) => [`${prefix}${name}/${i}.pgm`, encodeNetpbm(plain(10 * c + i))]),
    ),
  );
}

const load = (dir: string, options: Partial<ImageFolderOptions> = {}) =>
  imageFolder(dir, { preprocessing, ...options });

describe("imageFolder", () => {
  it("takes folders for classes, sorted, with every format, inner folders and links", async () => {
    const dir = await folderOf("formats", {
      "zebra/a.JPG": jpeg,
      "zebra/inner/b.png": await encodePng(plain(7)),
      "ant/c.ppm": encodeNetpbm({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) }),
      "ant/readme.txt": "no image",
      "ant/._c.ppm": "what some systems leave behind",
      ".hidden/d.pgm": "",
    });
    await symlink(join(dir, "zebra/inner"), join(dir, "ant/link"));
    const { train, test } = await load(dir, { testFraction: 0 });
    expect(test.length).toBe(0);
    expect(train.classes).toEqual(["ant", "zebra"]);
    expect(train.imageShape).toEqual([3, 4, 4]);
    const samples = await Promise.all([0, 1, 2, 3].map((i) => train.sample(i)));
    expect(samples.map(({ target }) => target[0])).toEqual([0, 0, 1, 1]);
    const expected = centerView(preprocessing)(await decodeImage(jpeg, "a.JPG"), undefined);
    expect(samples[2]!.pixels).toEqual(expected);
    expect([...samples[0]!.pixels]).toEqual([1, 2, 3].flatMap((value) => new Array(16).fill(value)));
    expect([...samples[1]!.pixels]).toEqual(new Array(48).fill(7));
  });

  it("normalizes batches as the network wants it", async () => {
    const dir = await folderOf("normalized", plainFiles("", ["a"], 3));
    const { train } = await load(dir, { testFraction: 0 });
    for await (const batch of train.batches(3)) {
      expect(batch.shape).toEqual([3, 3, 4, 4]);
      // The last blue value of the last image.
      expect(batch.images.at(-1)).toBeCloseTo((2 / 255 - 0.3) / 0.5, 6);
      expect(batch.images[0]).toBeCloseTo((0 / 255 - 0.1) / 0.5, 6);
    }
  });

  test.each(["val", "test", "validation"])("knows folders train and %s", async (name) => {
    const dir = await folderOf(`parts-${name}`, {
      ...plainFiles("train/", ["a", "b"], 2),
      ...plainFiles(`${name}/`, ["a", "b"], 1),
    });
    const { train, test } = await load(dir);
    expect([train.length, test.length]).toEqual([4, 2]);
    expect((await test.sample(1)).pixels[0]).toBe(10);
  });

  it("takes train for a class beside others", async () => {
    const { train } = await load(await folderOf("vehicles", plainFiles("", ["bus", "train"], 2)));
    expect(train.classes).toEqual(["bus", "train"]);
  });

  it("draws a share for testing by the seed, without a common photograph", async () => {
    const dir = await folderOf("split", plainFiles("", ["a", "b"], 5));
    const valuesOf = async (options: Partial<ImageFolderOptions>) => {
      const { train, test } = await load(dir, options);
      const read = (dataset: typeof train) =>
        Promise.all(
          Array.from({ length: dataset.length }, async (_, i) => (await dataset.sample(i)).pixels[0]!),
        );
      return [await read(train), await read(test)] as const;
    };
    const [train, test] = await valuesOf({ testFraction: 0.3, seed: 4 });
    expect([train.length, test.length]).toEqual([7, 3]);
    expect([...train, ...test].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
    expect(await valuesOf({ testFraction: 0.3, seed: 4 })).toEqual([train, test]);
    expect(await valuesOf({ testFraction: 0.3, seed: 5 })).not.toEqual([train, test]);
  });

  it("shows photographs in training by random numbers of (seed, epoch, sample), in testing without", async () => {
    const dir = await folderOf("views", plainFiles("", ["a"], 4));
    const trainView: ImageView = (_, random) => new Uint8Array(48).map(() => random!.below(256));
    const options = { trainView, testFraction: 0.5, seed: 1, cacheBytes: 60 };
    const { train, test } = await load(dir, options);
    const first = await train.sample(0, 1);
    expect(await train.sample(0, 1)).toEqual(first);
    expect((await train.sample(0, 2)).pixels).not.toEqual(first.pixels);
    expect((await train.sample(1, 1)).pixels).not.toEqual(first.pixels);
    expect(await (await load(dir, options)).train.sample(0, 1)).toEqual(first);
    expect(new Set((await test.sample(0)).pixels).size).toBe(1);
  });

  it("names a broken file, or takes the next of its class and tells of it once", async () => {
    const dir = await folderOf("broken", {
      ...plainFiles("", ["a", "b"], 3),
      "a/2.pgm": "P5 2 2 255\n1",
      "b/9.jpg": jpeg.subarray(0, 200),
    });
    const { train } = await load(dir, { testFraction: 0 });
    await expect(train.sample(2)).rejects.toThrow(`${join(dir, "a/2.pgm")}: `);
    await expect(train.sample(6)).rejects.toThrow(FileError);

    const broken: string[] = [];
    const tolerant = await load(dir, { testFraction: 0, onBroken: ({ file }) => broken.push(file) });
    const sample = async (index: number) => {
      const { pixels, target } = await tolerant.train.sample(index);
      return [pixels[0], target[0]];
    };
    expect(await sample(2)).toEqual([0, 0]);
    expect(await sample(2)).toEqual([0, 0]);
    expect(await sample(6)).toEqual([10, 1]);
    expect(broken).toEqual([join(dir, "a/2.pgm"), join(dir, "b/9.jpg")]);
  });

  it("gives the error of a class that has nothing but broken files", async () => {
    const dir = await folderOf("hopeless", { "a/1.png": "", "a/2.png": "" });
    const broken: string[] = [];
    const { train } = await load(dir, { testFraction: 0, onBroken: ({ file }) => broken.push(file) });
    await expect(train.sample(1)).rejects.toThrow(FileError);
    expect(broken).toHaveLength(2);
  });

  it("says what a folder lacks", async () => {
    await expect(load(join(folder, "nowhere"))).rejects.toThrow(`${join(folder, "nowhere")}: does not exist`);
    const flat = await folderOf("flat", { "a.png": "" });
    await expect(load(flat)).rejects.toThrow(`${flat}: has no folders, of which each is to hold a class`);
    const empty = await folderOf("empty", { "a/1.txt": "", "b/1.png": "" });
    await expect(load(empty)).rejects.toThrow(`${join(empty, "a")}: has no images: JPEG, PNG, PGM or PPM`);
    const more = await folderOf("more", {
      ...plainFiles("train/", ["a"], 1),
      ...plainFiles("val/", ["b"], 1),
    });
    await expect(load(more)).rejects.toThrow(
      `${join(more, "val/b")}: is a class that ${join(more, "train")} does not have`,
    );
    await expect(load(flat, { testFraction: 1 })).rejects.toThrow(
      "testFraction must lie in [0, 1), but is 1",
    );
  });

  it("names the photograph whose view has another size", async () => {
    const dir = await folderOf("sizes", plainFiles("", ["a"], 1));
    const { train } = await load(dir, { testFraction: 0, trainView: () => new Uint8Array(3) });
    await expect(train.sample(0)).rejects.toThrow("a/0.pgm has 3 bytes, but images of [3, 4, 4] have 48");
  });
});
