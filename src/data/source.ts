import { ArgumentError } from "../core/errors.ts";
import { type Shape, sizeOf } from "../core/shape.ts";

/** [channels, height, width] */
export type ImageShape = readonly [channels: number, height: number, width: number];

export interface ReadRequest {
  /** Which sample, from 0 to `length − 1`. */
  readonly index: number;
  /** Which pass over the data; a source that generates samples may give others in each. */
  readonly epoch: number;
  /** Aborted when nobody waits for the sample any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where samples come from: memory, a folder, a generator.
 *
 * A sample is an image of bytes and a target of integers, both of a fixed shape. A class label has the target
 * shape `[]`, a segmentation map `[height, width]`.
 */
export interface ImageSource {
  readonly length: number;
  readonly imageShape: ImageShape;
  readonly targetShape: Shape;
  /** The name of each class; a target `t` stands for `classes[t]`. */
  readonly classes: readonly string[];
  /** Writes the image (C, H, W) to `pixels` and the target to `target`; a promise where that takes waiting. */
  read(request: ReadRequest, pixels: Uint8Array, target: Int32Array): void | Promise<void>;
}

export interface ArraySourceOptions {
  /** (N, C, H, W) */
  readonly images: Uint8Array;
  /** (N, ...targetShape) */
  readonly labels: Int32Array;
  readonly imageShape: ImageShape;
  readonly classes: readonly string[];
  /** `[]` (a class per image) unless told. */
  readonly targetShape?: Shape;
}

/** Samples that lie in two arrays, which are kept by reference. */
export class ArraySource implements ImageSource {
  readonly length: number;
  readonly imageShape: ImageShape;
  readonly targetShape: Shape;
  readonly classes: readonly string[];
  readonly #images: Uint8Array;
  readonly #labels: Int32Array;

  constructor(options: ArraySourceOptions) {
    const { images, labels, imageShape, classes, targetShape = [] } = options;
    const pixelsEach = sizeOf(imageShape);
    const targetsEach = sizeOf(targetShape);
    for (const extent of [...imageShape, ...targetShape]) {
      if (!Number.isInteger(extent) || extent < 1) {
        throw new ArgumentError(
          `the shapes [${imageShape.join(", ")}] of an image and [${targetShape.join(", ")}] of a target must ` +
            "have positive integers",
        );
      }
    }
    if (images.length % pixelsEach !== 0) {
      throw new ArgumentError(
        `images has ${images.length} bytes, which is no multiple of ${pixelsEach}, the size of one image of ` +
          `shape [${imageShape.join(", ")}]`,
      );
    }
    this.length = images.length / pixelsEach;
    if (labels.length !== this.length * targetsEach) {
      throw new ArgumentError(
        `labels has ${labels.length} entries, but ${this.length} images with targets of shape ` +
          `[${targetShape.join(", ")}] need ${this.length * targetsEach}`,
      );
    }
    const wrong = labels.findIndex((label) => label < 0 || label >= classes.length);
    if (wrong >= 0) {
      throw new ArgumentError(
        `labels[${wrong}] is ${labels[wrong]}, but there are ${classes.length} classes`,
      );
    }
    this.imageShape = imageShape;
    this.targetShape = targetShape;
    this.classes = classes;
    this.#images = images;
    this.#labels = labels;
  }

  read({ index }: ReadRequest, pixels: Uint8Array, target: Int32Array): void {
    const image = index * pixels.length;
    pixels.set(this.#images.subarray(image, image + pixels.length));
    const label = index * target.length;
    target.set(this.#labels.subarray(label, label + target.length));
  }
}

/** Some samples of another source, in an order of their own. */
export class SubsetSource implements ImageSource {
  readonly length: number;
  readonly imageShape: ImageShape;
  readonly targetShape: Shape;
  readonly classes: readonly string[];
  readonly #parent: ImageSource;
  readonly #indices: Uint32Array;

  constructor(parent: ImageSource, indices: Uint32Array) {
    this.#parent = parent;
    this.#indices = indices;
    this.length = indices.length;
    this.imageShape = parent.imageShape;
    this.targetShape = parent.targetShape;
    this.classes = parent.classes;
  }

  read(request: ReadRequest, pixels: Uint8Array, target: Int32Array): void | Promise<void> {
    return this.#parent.read({ ...request, index: this.#indices[request.index]! }, pixels, target);
  }
}
