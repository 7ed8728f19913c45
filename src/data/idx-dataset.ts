import { FileError } from "../core/errors.ts";
import { gunzip } from "../io/gunzip.ts";
import type { HostTensor } from "../io/host-tensor.ts";
import { parseIdx } from "../io/idx.ts";
import { Dataset } from "./dataset.ts";
import type { Normalization } from "./normalization.ts";

/** A file's content, and the name that errors give it. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface IdxDatasetOptions {
  readonly classes: readonly string[];
  readonly normalization: Normalization;
}

/**
 * A dataset of grey images (N, H, W) and labels (N) in IDX files of bytes, compressed by gzip or not.
 *
 * @throws FileError if a file is damaged, has another element type or rank, or does not fit the other one.
 */
export async function parseIdxDataset(
  images: NamedBytes,
  labels: NamedBytes,
  { classes, normalization }: IdxDatasetOptions,
): Promise<Dataset> {
  const pixels = await bytesOf(images, ["images", "height", "width"]);
  const targets = await bytesOf(labels, ["labels"]);
  const [count, height, width] = pixels.shape as [number, number, number];
  if (height === 0 || width === 0)
    throw new FileError(images.file, `has images of ${height}×${width} pixels`, 8);
  if (targets.shape[0] !== count) {
    throw new FileError(
      labels.file,
      `has ${targets.shape[0]} labels, but ${images.file} has ${count} images`,
      4,
    );
  }
  const wrong = targets.data.findIndex((label) => label >= classes.length);
  if (wrong >= 0) {
    const problem = `label ${wrong} is ${targets.data[wrong]}, but there are ${classes.length} classes`;
    throw new FileError(labels.file, problem, 8 + wrong);
  }
  return Dataset.fromArrays({
    images: pixels.data,
    labels: Int32Array.from(targets.data),
    imageShape: [1, height, width],
    classes,
    normalization,
  });
}

async function bytesOf(
  { file, bytes }: NamedBytes,
  axes: readonly string[],
): Promise<{ readonly shape: readonly number[]; readonly data: Uint8Array }> {
  const { dtype, shape, data }: HostTensor = parseIdx(await gunzip(bytes, file), file);
  if (dtype !== "uint8" || !(data instanceof Uint8Array)) {
    throw new FileError(file, `has elements of ${dtype}, but images and labels are uint8`, 2);
  }
  if (shape.length !== axes.length) {
    const expected = `[${axes.join(", ")}]`;
    throw new FileError(file, `has the shape [${shape.join(", ")}], but ${expected} is expected`, 3);
  }
  return { shape, data };
}
