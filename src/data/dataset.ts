import { ArgumentError } from "../core/errors.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Batch } from "./batch.ts";
import { type BatchOptions, batches } from "./loader.ts";
import { checkNormalization, type Normalization, unitScale } from "./normalization.ts";
import { Random } from "./random.ts";
import {
  ArraySource,
  type ArraySourceOptions,
  type ImageShape,
  type ImageSource,
  SubsetSource,
} from "./source.ts";

/** A sample as the source gives it: bytes (C, H, W) before normalization, and the target. */
export interface Sample {
  readonly pixels: Uint8Array;
  readonly target: Int32Array;
}

/** From `start` up to and without `end`. */
export interface IndexRange {
  readonly start?: number;
  readonly end?: number;
}

/** Images with targets, and how their bytes become the numbers that a network sees. */
export class Dataset {
  readonly source: ImageSource;
  readonly normalization: Normalization;

  /** `normalization` maps bytes to [0, 1] unless told. */
  constructor(source: ImageSource, normalization: Normalization = unitScale(source.imageShape[0])) {
    checkNormalization(normalization, source.imageShape[0]);
    this.source = source;
    this.normalization = normalization;
  }

  /** A dataset of arrays: images (N, C, H, W) of bytes and labels (N). */
  static fromArrays(options: ArraySourceOptions & { readonly normalization?: Normalization }): Dataset {
    return new Dataset(new ArraySource(options), options.normalization);
  }

  get length(): number {
    return this.source.length;
  }

  get imageShape(): ImageShape {
    return this.source.imageShape;
  }

  /** `[]` where a sample has one class. */
  get targetShape(): Shape {
    return this.source.targetShape;
  }

  get classes(): readonly string[] {
    return this.source.classes;
  }

  /** The same images, normalized otherwise. */
  normalized(normalization: Normalization): Dataset {
    return new Dataset(this.source, normalization);
  }

  /** The samples with these indices in this order, or those of a range. */
  subset(selection: ArrayLike<number> | IndexRange): Dataset {
    const indices = "length" in selection ? selection : this.#indicesOf(selection);
    for (let i = 0; i < indices.length; i++) this.#checkIndex(indices[i]!);
    return new Dataset(new SubsetSource(this.source, Uint32Array.from(indices)), this.normalization);
  }

  /**
   * Two datasets without a common sample: round(fraction · length) samples drawn by `seed`, and the others.
   *
   * Both keep the order of this dataset.
   */
  split(fraction: number, seed = 0): [Dataset, Dataset] {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new ArgumentError(`split: fraction must lie in [0, 1], but is ${fraction}`);
    }
    const order = new Random(seed, "split").permutation(this.length);
    const first = Math.round(fraction * this.length);
    return [this.subset(order.slice(0, first).sort()), this.subset(order.slice(first).sort())];
  }

  /** One sample as bytes, for looking at it. */
  async sample(index: number, epoch = 0): Promise<Sample> {
    this.#checkIndex(index);
    const pixels = new Uint8Array(sizeOf(this.imageShape));
    const target = new Int32Array(sizeOf(this.targetShape));
    await this.source.read({ index, epoch }, pixels, target);
    return { pixels, target };
  }

  /** The samples of one epoch in batches, prepared ahead; see `BatchOptions`. */
  batches(batchSize: number, options: BatchOptions = {}): AsyncGenerator<Batch, void, undefined> {
    return batches(this, batchSize, options);
  }

  #indicesOf({ start = 0, end = this.length }: IndexRange): Uint32Array {
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > this.length) {
      throw new ArgumentError(
        `subset: the range from ${start} to ${end} does not lie in a dataset of ${this.length} samples`,
      );
    }
    return Uint32Array.from({ length: end - start }, (_, i) => start + i);
  }

  #checkIndex(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new ArgumentError(`sample ${index} does not exist in a dataset of ${this.length} samples`);
    }
  }
}
