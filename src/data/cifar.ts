import { FileError } from "../core/errors.ts";
import { gunzip } from "../io/gunzip.ts";
import { Dataset } from "./dataset.ts";
import type { NamedBytes } from "./idx-dataset.ts";
import type { PublishedFile, TrainTest } from "./mnist.ts";
import type { Normalization } from "./normalization.ts";

/** Krizhevsky: Learning Multiple Layers of Features from Tiny Images (2009). */
export const cifar10Spec: CifarSpec = {
  name: "cifar10",
  classes: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
  normalization: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: "test_batch.bin",
  imagesPerFile: 10_000,
  mirrors: ["https://www.cs.toronto.edu/~kriz/"],
  archive: {
    name: "cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
  },
};

export interface CifarSpec {
  /** The name of its folder. */
  readonly name: string;
  readonly classes: readonly string[];
  readonly normalization: Normalization;
  /** The files of images to train with, in their order. */
  readonly train: readonly string[];
  readonly test: string;
  readonly imagesPerFile: number;
  /** Addresses that the archive's name is appended to. */
  readonly mirrors: readonly string[];
  /** The archive in which the files are published. */
  readonly archive: PublishedFile;
}

const imageShape = [3, 32, 32] as const;
const pixels = 3 * 32 * 32;

/**
 * A dataset of colour images in CIFAR-10's binary layout: for each a byte of label, then 1,024 bytes each of red, green
 * and blue, row by row; compressed by gzip or not. Several files make one dataset.
 *
 * @throws FileError if a file's length is no multiple of 3,073 or a label is no class.
 */
export async function parseCifar(
  files: readonly NamedBytes[],
  { classes, normalization }: Pick<CifarSpec, "classes" | "normalization">,
): Promise<Dataset> {
  const record = 1 + pixels;
  const contents: Uint8Array[] = [];
  for (const { file, bytes } of files) {
    const content = await gunzip(bytes, file);
    if (content.length % record !== 0 || content.length === 0) {
      throw new FileError(
        file,
        `has ${content.length} bytes, which is no number of records of ${record}`,
        content.length,
      );
    }
    contents.push(content);
  }
  const length = contents.reduce((sum, content) => sum + content.length / record, 0);
  const images = new Uint8Array(length * pixels);
  const labels = new Int32Array(length);
  let index = 0;
  for (const [i, content] of contents.entries()) {
    for (let at = 0; at < content.length; at += record, index++) {
      const label = content[at]!;
      if (label >= classes.length) {
        throw new FileError(
          files[i]!.file,
          `a label is ${label}, but there are ${classes.length} classes`,
          at,
        );
      }
      labels[index] = label;
      images.set(content.subarray(at + 1, at + record), index * pixels);
    }
  }
  return Dataset.fromArrays({ images, labels, imageShape, classes, normalization });
}

/** The data sets of a spec from the files of both. */
export async function parseCifarFiles(
  train: readonly NamedBytes[],
  test: NamedBytes,
  spec: CifarSpec,
): Promise<TrainTest> {
  return { train: await parseCifar(train, spec), test: await parseCifar([test], spec) };
}
