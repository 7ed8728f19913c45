import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tarOf } from "../../test/write-tar.ts";
import { FileError } from "../core/errors.ts";
import { cifar10, loadCifar } from "./cifar.node.ts";
import { type CifarSpec, cifar10Spec, parseCifar } from "./cifar.ts";

const data = join(process.env["FOVEA_SHARED"] ?? "../shared", "data");
const present = existsSync(join(data, "cifar10"));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-cifar-"));
  vi.stubEnv("FOVEA_CACHE", join(folder, "cache"));
  vi.stubEnv("FOVEA_DATA", "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Records whose pixels say where they stand: image i has i in red, 100 + i in green and a ramp in blue. */
function records(...labels: readonly number[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((label, i) => [
      label,
      ...new Array<number>(1024).fill(i),
      ...new Array<number>(1024).fill(100 + i),
      ...Array.from({ length: 1024 }, (_, at) => at & 0xff),
    ]),
  );
}

/** CIFAR-10 with two images for each file. */
const files = Object.fromEntries(
  [...cifar10Spec.train, cifar10Spec.test].map((name, i) => [name, records(i, i + 1)]),
);
const archive = gzipSync(
  tarOf(
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [`cifar-10-batches-bin/${name}`, content]),
    ),
  ),
);
const small: CifarSpec = {
  ...cifar10Spec,
  imagesPerFile: 2,
  archive: {
    name: "small.tar.gz",
    bytes: archive.length,
    sha256: createHash("sha256").update(archive).digest("hex"),
  },
};

async function labelsOf(dataset: Awaited<ReturnType<typeof cifar10>>["train"]): Promise<number[]> {
  const labels: number[] = [];
  for (let i = 0; i < dataset.length; i++) labels.push((await dataset.sample(i)).target[0]!);
  return labels;
}

describe("parseCifar", () => {
  test("reads labels and planes of several files", async () => {
    const parts = [records(3, 9), records(0)].map((bytes, i) => ({ file: `${i}`, bytes }));
    const dataset = await parseCifar(parts, cifar10Spec);
    expect([dataset.length, dataset.imageShape]).toEqual([3, [3, 32, 32]]);
    expect(await labelsOf(dataset)).toEqual([3, 9, 0]);
    const { pixels } = await dataset.sample(1);
    expect([pixels[5], pixels[1024 + 5], pixels[2048 + 5], pixels[3071]]).toEqual([1, 101, 5, 255]);
  });

  test("refuses other lengths and labels", async () => {
    const parse = (bytes: Uint8Array) => parseCifar([{ file: "x.bin", bytes }], cifar10Spec);
    await expect(parse(new Uint8Array(3072))).rejects.toThrow("x.bin: has 3072 bytes");
    await expect(parse(new Uint8Array(0))).rejects.toThrow("has 0 bytes");
    await expect(parse(records(1, 10))).rejects.toThrow(
      "a label is 10, but there are 10 classes (at byte 3073)",
    );
  });
});

describe("cifar10", () => {
  test("is downloaded once, taken out of its archive, and kept", async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.end(archive);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const mirrors = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/`];
    const { train, test } = await loadCifar(small, { mirrors });
    expect(await labelsOf(train)).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 5]);
    expect(await labelsOf(test)).toEqual([5, 6]);
    expect((await readdir(join(folder, "cache", "cifar10"))).sort()).toEqual(Object.keys(files).sort());
    await loadCifar(small, { mirrors });
    expect(asked).toBe(1);
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  test("reads only the files that hold the images asked for", async () => {
    for (const name of ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"]) {
      await writeFile(join(folder, `${name}.gz`), gzipSync(files[name]!));
    }
    const { train } = await loadCifar(small, { dir: folder, trainLength: 3 });
    expect(await labelsOf(train)).toEqual([0, 1, 1]);
    await expect(loadCifar(small, { dir: folder })).rejects.toThrow(`${folder}: has no data_batch_3.bin`);
    await expect(loadCifar(small, { dir: folder })).rejects.toThrow(
      "hint: put data_batch_1.bin to data_batch_5.bin",
    );
  });

  test("says offline why it could not be fetched, and what to put where", async () => {
    const error: unknown = await cifar10({ mirrors: ["http://127.0.0.1:1/"] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).message).toContain("cifar-10-binary.tar.gz: could not be downloaded");
    expect((error as FileError).message).toContain("FOVEA_DATA");
  });
});

describe.skipIf(!present)(`the published files${present ? "" : `, skipped without ${data}/cifar10`}`, () => {
  test("have a thousand test images of each class, and the normalization's mean and deviation", async () => {
    vi.stubEnv("FOVEA_DATA", data);
    const { train, test } = await cifar10({ trainLength: 10_000 });
    expect([train.length, test.length]).toEqual([10_000, 10_000]);
    const counts = new Array<number>(10).fill(0);
    let [sum, squares] = [0, 0];
    for await (const { images, labels } of test.batches(1000)) {
      for (const label of labels) counts[label]!++;
      for (const value of images) {
        sum += value;
        squares += value * value;
      }
    }
    expect(counts).toEqual(new Array<number>(10).fill(1000));
    const mean = sum / (10_000 * 3072);
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.sqrt(squares / (10_000 * 3072) - mean ** 2)).toBeCloseTo(1, 1);
    expect(test.classes[(await test.sample(0)).target[0]!]).toBe("cat");
  });
});
