import { ArgumentError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { BatchMix } from "./augment/batch-mix.ts";
import { Batch } from "./batch.ts";
import type { Dataset } from "./dataset.ts";
import { normalizationTable } from "./normalization.ts";
import { prefetch } from "./prefetch.ts";
import { Random } from "./random.ts";
import type { Transform } from "./transforms.ts";

export interface BatchOptions {
  /** Draws the order from (seed, epoch); `false` keeps the dataset's order. */
  readonly shuffle?: boolean;
  readonly seed?: number;
  readonly epoch?: number;
  /** The first batch to give; those before it are not read, and the others are the same as without it. */
  readonly startBatch?: number;
  /** Leaves out a last batch that is smaller than the others. */
  readonly dropLast?: boolean;
  /** Changes each sample before normalization, by random numbers of (seed, epoch, sample). */
  readonly transform?: Transform;
  /** Mixes the samples of a batch with one another, by random numbers of (seed, epoch, batch). */
  readonly mix?: BatchMix;
  /** How many batches are prepared while the consumer works on one; 1 unless told. */
  readonly prefetch?: number;
  readonly signal?: AbortSignal;
}

/** How many batches an epoch has. */
export function batchCount(length: number, batchSize: number, dropLast = false): number {
  checkCount("batchSize", batchSize, 1);
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}

/** The order of an epoch: a permutation that is a pure function of (length, seed, epoch). */
export function epochOrder(length: number, seed: number, epoch: number): Uint32Array {
  return new Random(seed, "order", epoch).permutation(length);
}

/** One epoch of `dataset` in batches; a pure function of the dataset, seed and epoch, whatever the start. */
export function batches(
  dataset: Dataset,
  batchSize: number,
  options: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { shuffle = false, seed = 0, epoch = 0, startBatch = 0, prefetch: depth = 1, signal } = options;
  const count = batchCount(dataset.length, batchSize, options.dropLast);
  checkCount("startBatch", startBatch, 0, count);
  checkCount("prefetch", depth, 0);
  const order = shuffle ? epochOrder(dataset.length, seed, epoch) : undefined;
  const assembler = new BatchAssembler(dataset, seed, epoch, count, options);
  return prefetch(
    (index, stop) => {
      const first = index * batchSize;
      const size = Math.min(batchSize, dataset.length - first);
      const indices = Array.from({ length: size }, (_, i) =>
        order === undefined ? first + i : order[first + i]!,
      );
      return assembler.assemble(index, indices, stop);
    },
    startBatch,
    count,
    { depth, signal },
  );
}

/** Reads, transforms, normalizes and mixes the samples of a batch. */
class BatchAssembler {
  readonly #dataset: Dataset;
  readonly #seed: number;
  readonly #epoch: number;
  readonly #count: number;
  readonly #transform: Transform | undefined;
  readonly #mix: BatchMix | undefined;
  readonly #table: Float32Array;
  readonly #random = new Random(0);

  constructor(
    dataset: Dataset,
    seed: number,
    epoch: number,
    count: number,
    { transform, mix }: Pick<BatchOptions, "transform" | "mix">,
  ) {
    this.#dataset = dataset;
    this.#seed = seed;
    this.#epoch = epoch;
    this.#count = count;
    this.#transform = transform;
    this.#mix = mix;
    this.#table = normalizationTable(dataset.normalization);
  }

  assemble(index: number, indices: readonly number[], signal: AbortSignal): Batch | Promise<Batch> {
    const { source, imageShape, targetShape } = this.#dataset;
    const size = indices.length;
    const pixelsEach = sizeOf(imageShape);
    const targetsEach = sizeOf(targetShape);
    const pixels = new Uint8Array(size * pixelsEach);
    const labels = new Int32Array(size * targetsEach);
    // A source that never waits gives no promise, and then the batch takes no turn of the event loop.
    const waiting: Promise<void>[] = [];
    indices.forEach((sample, slot) => {
      const promise = source.read(
        { index: sample, epoch: this.#epoch, signal },
        pixels.subarray(slot * pixelsEach, (slot + 1) * pixelsEach),
        labels.subarray(slot * targetsEach, (slot + 1) * targetsEach),
      );
      if (promise === undefined) return;
      // Should a later read throw at once, nobody is left to hear of this one's error.
      promise.catch(() => {});
      waiting.push(promise);
    });
    const finish = (): Batch => {
      this.#transformAll(pixels, labels, indices);
      const content = {
        images: this.#normalized(pixels),
        labels,
        shape: [size, ...imageShape],
        labelShape: [size, ...targetShape],
        index,
      } as const;
      return new Batch({ ...content, mix: this.#mix?.(content, this.#streamOf("mix", index, this.#count)) });
    };
    return waiting.length === 0 ? finish() : Promise.all(waiting).then(finish);
  }

  #transformAll(pixels: Uint8Array, labels: Int32Array, indices: readonly number[]): void {
    const transform = this.#transform;
    if (transform === undefined) return;
    const { imageShape, targetShape, length } = this.#dataset;
    const pixelsEach = sizeOf(imageShape);
    const targetsEach = sizeOf(targetShape);
    indices.forEach((index, slot) => {
      const image = pixels.subarray(slot * pixelsEach, (slot + 1) * pixelsEach);
      const target = labels.subarray(slot * targetsEach, (slot + 1) * targetsEach);
      transform({ image, imageShape, target, targetShape }, this.#streamOf("transform", index, length));
    });
  }

  /** The random numbers of one of the `count` things of each epoch. */
  #streamOf(purpose: "transform" | "mix", index: number, count: number): Random {
    return this.#random.restart(this.#seed, purpose, this.#epoch * count + index);
  }

  /** Normalizes by the table of all bytes. */
  #normalized(pixels: Uint8Array): Float32Array {
    const [channels, height, width] = this.#dataset.imageShape;
    const plane = height * width;
    const table = this.#table;
    const images = new Float32Array(pixels.length);
    for (let start = 0; start < pixels.length; start += plane) {
      const row = 256 * ((start / plane) % channels);
      for (let i = start; i < start + plane; i++) images[i] = table[row + pixels[i]!]!;
    }
    return images;
  }
}

function checkCount(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
    throw new ArgumentError(`batches: ${name} must be an integer ${range}, but is ${value}`);
  }
}
