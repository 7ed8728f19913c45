import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Batch } from "./batch.ts";
import { Dataset } from "./dataset.ts";
import { type BatchOptions, batchCount, epochOrder } from "./loader.ts";
import type { ImageSource, ReadRequest } from "./source.ts";
import type { Transform } from "./transforms.ts";

/** Image i of shape [2, 1, 2] has the bytes i, i, 255 − i, 255 − i; its label is i. */
const plain = Dataset.fromArrays({
  images: Uint8Array.from({ length: 4 * 10 }, (_, i) => (i % 4 < 2 ? i >> 2 : 255 - (i >> 2))),
  labels: Int32Array.from({ length: 10 }, (_, i) => i),
  imageShape: [2, 1, 2],
  classes: Array.from({ length: 10 }, (_, i) => String(i)),
});

/** Batches without their iterator, by which they would be compared. */
type Content = Pick<Batch, "images" | "labels" | "shape" | "size" | "index">;

async function collect(dataset: Dataset, batchSize: number, options?: BatchOptions): Promise<Content[]> {
  const list: Content[] = [];
  for await (const batch of dataset.batches(batchSize, options)) {
    const { images, labels, shape, size, index } = batch;
    list.push({ images, labels, shape, size, index });
  }
  return list;
}

function labelsOf(list: readonly Content[]): number[][] {
  return list.map((batch) => [...batch.labels]);
}

describe("batches", () => {
  test("gives every sample once, the last batch with what is left", async () => {
    const list = await collect(plain, 4);
    expect(labelsOf(list)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(list.map((batch) => [batch.index, batch.size, batch.shape])).toEqual([
      [0, 4, [4, 2, 1, 2]],
      [1, 4, [4, 2, 1, 2]],
      [2, 2, [2, 2, 1, 2]],
    ]);
    expect(labelsOf(await collect(plain, 4, { dropLast: true }))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect([batchCount(10, 4), batchCount(10, 4, true), batchCount(0, 4)]).toEqual([3, 2, 0]);
  });

  test("normalizes each channel by its mean and standard deviation", async () => {
    const dataset = plain.normalized({ mean: [0.1, 0.2], std: [0.5, 0.25] });
    const [batch] = await collect(dataset, 10);
    for (let i = 0; i < 10; i++) {
      expect(batch!.images[4 * i]).toBeCloseTo((i / 255 - 0.1) / 0.5, 6);
      expect(batch!.images[4 * i + 3]).toBeCloseTo(((255 - i) / 255 - 0.2) / 0.25, 6);
    }
    const keep: Transform = () => {};
    const [kept] = await collect(dataset, 10, { transform: keep });
    expect(kept!.images).toEqual(batch!.images);
  });

  test("shuffles by seed and epoch alone", async () => {
    const shuffled = async (seed: number, epoch: number): Promise<number[]> =>
      labelsOf(await collect(plain, 3, { shuffle: true, seed, epoch })).flat();
    expect(await shuffled(1, 0)).toEqual(await shuffled(1, 0));
    expect(await shuffled(1, 0)).not.toEqual(await shuffled(1, 1));
    expect(await shuffled(1, 0)).not.toEqual(await shuffled(2, 0));
    expect((await shuffled(1, 0)).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await shuffled(1, 5)).toEqual([...epochOrder(10, 1, 5)]);
  });

  test("goes on from any batch with the same bits", async () => {
    const jitter: Transform = ({ image }, random) => {
      for (let i = 0; i < image.length; i++) image[i] = image[i]! ^ random.below(256);
    };
    const options = { shuffle: true, seed: 9, epoch: 4, transform: jitter };
    const whole = await collect(plain, 3, options);
    for (let startBatch = 0; startBatch <= whole.length; startBatch++) {
      expect(await collect(plain, 3, { ...options, startBatch })).toEqual(whole.slice(startBatch));
    }
    const next = await collect(plain, 3, { ...options, epoch: 5 });
    expect(next[0]!.images).not.toEqual(whole[0]!.images);
  });

  test("gives a transform the sample's own stream, whatever its place in the order", async () => {
    const drawn = async (shuffle: boolean): Promise<number[]> => {
      const draws: number[] = [];
      const note: Transform = ({ target }, random) => {
        draws[target[0]!] = random.uint32();
      };
      await collect(plain, 4, { shuffle, seed: 1, transform: note });
      return draws;
    };
    expect(new Set(await drawn(false)).size).toBe(10);
    expect(await drawn(true)).toEqual(await drawn(false));
  });

  test("reads a source that waits: all samples of a batch at once, with maps as targets", async () => {
    const requests: ReadRequest[] = [];
    let most = 0;
    let open = 0;
    const source: ImageSource = {
      length: 6,
      imageShape: [1, 1, 2],
      targetShape: [1, 2],
      classes: ["ground", "thing"],
      async read(request, pixels, target) {
        requests.push(request);
        most = Math.max(most, ++open);
        await sleep(6 - request.index);
        pixels.fill(request.index);
        target.set([0, request.index % 2]);
        open--;
      },
    };
    const list = await collect(new Dataset(source), 3, { epoch: 7, prefetch: 0 });
    expect(most).toBe(3);
    expect(labelsOf(list)).toEqual([
      [0, 0, 0, 1, 0, 0],
      [0, 1, 0, 0, 0, 1],
    ]);
    expect([...list[1]!.images].map((value) => Math.round(value * 255))).toEqual([3, 3, 4, 4, 5, 5]);
    expect(requests.every(({ epoch, signal }) => epoch === 7 && signal instanceof AbortSignal)).toBe(true);
  });

  test("passes an error of the source on", async () => {
    const broken: ImageSource = {
      length: 4,
      imageShape: [1, 1, 1],
      targetShape: [],
      classes: ["a"],
      read: ({ index }) => (index === 3 ? Promise.reject(new Error("no such picture")) : undefined),
    };
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const batch of new Dataset(broken).batches(2)) seen.push(batch.index);
    };
    await expect(loop()).rejects.toThrow("no such picture");
    expect(seen).toEqual([0]);
  });

  test("refuses counts that cannot be meant", async () => {
    expect(() => plain.batches(0)).toThrow("batchSize must be an integer at least 1, but is 0");
    expect(() => plain.batches(4, { startBatch: 4 })).toThrow("startBatch must be an integer from 0 to 3");
    expect(() => plain.batches(4, { prefetch: -1 })).toThrow("prefetch must be an integer at least 0");
  });
});
