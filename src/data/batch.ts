import type { Shape } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { LabelMix } from "./augment/batch-mix.ts";

interface BatchContent {
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly shape: readonly [number, number, number, number];
  readonly labelShape: Shape;
  readonly index: number;
  readonly mix?: LabelMix | undefined;
}

/** Some samples together: as host arrays, and (by destructuring `[images, labels]`) as tensors. */
export class Batch implements Iterable<Tensor> {
  /** (N, C, H, W), normalized */
  readonly images: Float32Array;
  /** (N, ...targetShape) */
  readonly labels: Int32Array;
  /** [N, C, H, W] */
  readonly shape: readonly [number, number, number, number];
  readonly labelShape: Shape;
  /** The batch's place in the epoch; a run that stopped after it goes on with `startBatch: index + 1`. */
  readonly index: number;
  /** What the samples were mixed with, where they were. */
  readonly mix: LabelMix | undefined;

  constructor({ images, labels, shape, labelShape, index, mix }: BatchContent) {
    this.images = images;
    this.labels = labels;
    this.shape = shape;
    this.labelShape = labelShape;
    this.index = index;
    this.mix = mix;
  }

  /** N: `batchSize`, or less in the epoch's last batch. */
  get size(): number {
    return this.shape[0];
  }

  /** The images as float32 (N, C, H, W), then the labels as int32 (N, ...targetShape). */
  *[Symbol.iterator](): Generator<Tensor, void, undefined> {
    yield tensor(this.images, { shape: this.shape });
    yield tensor(this.labels, { shape: this.labelShape });
  }
}
