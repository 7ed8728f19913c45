import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cacheFolder } from "../core/cache-folder.node.ts";
import { FileError } from "../core/errors.ts";
import type { Dataset } from "./dataset.ts";
import { fashionMnist, mnist } from "./mnist.node.ts";
import { fashionMnistSpec, mnistSpec } from "./mnist.ts";

const shared = process.env["FOVEA_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const data = join(shared, "data");
const present = existsSync(join(data, "mnist")) && existsSync(join(data, "fashion-mnist"));
const real = present ? describe : describe.skip;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-mnist-"));
  vi.stubEnv("FOVEA_CACHE", join(folder, "cache"));
  vi.stubEnv("FOVEA_DATA", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function statistics(dataset: Dataset): Promise<{ counts: number[]; mean: number; std: number }> {
  const counts = dataset.classes.map(() => 0);
  let sum = 0;
  let squares = 0;
  let pixels = 0;
  for await (const { images, labels } of dataset.batches(1000)) {
    for (const label of labels) counts[label]!++;
    for (const value of images) {
      sum += value;
      squares += value * value;
    }
    pixels += images.length;
  }
  return { counts, mean: sum / pixels, std: Math.sqrt(squares / pixels - (sum / pixels) ** 2) };
}

real(`the published files${present ? "" : ` (not in ${data})`}`, () => {
  test("MNIST has its counts, and its normalization gives mean 0 and standard deviation 1", async () => {
    vi.stubEnv("FOVEA_DATA", data);
    const { train, test } = await mnist();
    expect([train.length, test.length, train.imageShape]).toEqual([60_000, 10_000, [1, 28, 28]]);
    const { counts, mean, std } = await statistics(train);
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(mean).toBeCloseTo(0, 3);
    expect(std).toBeCloseTo(1, 3);
    expect((await test.sample(0)).target[0]).toBe(7);
  });

  test("Fashion-MNIST has 6,000 of each class", async () => {
    const { train, test } = await fashionMnist({ dir: join(data, "fashion-mnist") });
    expect([train.length, test.length]).toEqual([60_000, 10_000]);
    expect(train.classes[(await train.sample(0)).target[0]!]).toBe("Ankle boot");
    const { counts, mean, std } = await statistics(test.normalized({ mean: [0], std: [1] }));
    expect(counts).toEqual(new Array<number>(10).fill(1000));
    expect(mean).toBeCloseTo(fashionMnistSpec.normalization.mean[0]!, 2);
    expect(std).toBeCloseTo(fashionMnistSpec.normalization.std[0]!, 2);
  });

  test("downloads into the cache what is missing there, and only once", async () => {
    const asked: string[] = [];
    const server = createServer(async (request, response) => {
      const name = basename(request.url ?? "");
      asked.push(name);
      response.end(await readFile(join(data, "mnist", name)));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const mirrors = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/`];
    const names = Object.values(mnistSpec.files).map((file) => file.name);
    const cached = join(cacheFolder(), "mnist");
    await mkdir(cached, { recursive: true });
    await copyFile(join(data, "mnist", names[0]), join(cached, names[0]));
    expect((await mnist({ mirrors })).test.length).toBe(10_000);
    expect(asked).toEqual(names.slice(1));
    expect((await mnist({ mirrors })).test.length).toBe(10_000);
    expect(asked.length).toBe(3);
    expect((await readdir(cached)).sort()).toEqual([...names].sort());
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  test("takes files that were decompressed, under either of their names", async () => {
    for (const { name } of Object.values(mnistSpec.files)) {
      const bytes = gunzipSync(await readFile(join(data, "mnist", name.replace("train", "t10k"))));
      const plain = name.slice(0, -3);
      await writeFile(join(folder, name.startsWith("train") ? plain : plain.replace("-idx", ".idx")), bytes);
    }
    const { train, test } = await mnist({ dir: folder });
    expect([train.length, test.length]).toEqual([10_000, 10_000]);
  });
});

describe("mnist without files", () => {
  test("says what a given folder lacks and downloads nothing", async () => {
    await expect(mnist({ dir: folder })).rejects.toThrow(`${folder}: has no train-images-idx3-ubyte.gz`);
    await expect(mnist({ dir: folder })).rejects.toThrow("hint: put train-images-idx3-ubyte, train-labels");
    expect(await readdir(folder)).toEqual([]);
  });

  test("says offline why each mirror failed, and what to put where", async () => {
    const error: unknown = await mnist({ mirrors: ["http://127.0.0.1:1/"] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).file).toBe(join(folder, "cache", "mnist", "train-images-idx3-ubyte.gz"));
    expect((error as FileError).message).toMatch(
      /could not be downloaded\n {2}http:\/\/127\.0\.0\.1:1\/train-images/,
    );
    expect((error as FileError).message).toContain("FOVEA_DATA");
  });
});
