import { sizeOf } from "../core/shape.ts";
import { Dataset } from "../data/dataset.ts";
import type { TrainTest } from "../data/mnist.ts";
import type { Normalization } from "../data/normalization.ts";
import { Random } from "../data/random.ts";
import type { ImageShape } from "../data/source.ts";

export interface RotatedSizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export interface RotatedImages {
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Both of these together. */
  readonly all: Dataset;
  readonly test: Dataset;
}

/**
 * Images of a data set, each turned once by an angle of U(0°, 360°), in three sets without a common image.
 *
 * They are drawn from the data set's two parts together, where there are fewer than asked for the test set takes what is
 * left. All are normalized by mean and standard deviation of the images to train and validate with.
 *
 * Larochelle et al.: An Empirical Evaluation of Deep Architectures (2007), section 4.1, for MNIST.
 */
export async function rotatedImages(
  { train, test }: TrainTest,
  sizes: RotatedSizes,
  seed: number,
): Promise<RotatedImages> {
  const pool = train.length + test.length;
  const count = Math.min(pool, sizes.train + sizes.validation + sizes.test);
  const order = new Random(seed, "split").permutation(pool);
  const { imageShape, classes } = train;
  const each = sizeOf(imageShape);
  const images = new Uint8Array(count * each);
  const labels = new Int32Array(count);
  const random = new Random(seed, "transform");
  for (let i = 0; i < count; i++) {
    const from = order[i]!;
    const { pixels, target } = await (from < train.length
      ? train.sample(from)
      : test.sample(from - train.length));
    const angle = random.restart(seed, "transform", i).uniform(0, 2 * Math.PI);
    rotateInto(images.subarray(i * each, (i + 1) * each), pixels, imageShape, angle);
    labels[i] = target[0]!;
  }
  const learned = sizes.train + sizes.validation;
  const normalization = normalizationOf(images.subarray(0, learned * each), imageShape);
  const set = Dataset.fromArrays({ images, labels, imageShape, classes, normalization });
  return {
    train: set.subset({ end: sizes.train }),
    validation: set.subset({ start: sizes.train, end: learned }),
    all: set.subset({ end: learned }),
    test: set.subset({ start: learned }),
  };
}

/** The image of bytes (C, H, W) turned counter-clockwise about its centre; between pixels it is linear, outside 0. */
export function rotateInto(target: Uint8Array, image: Uint8Array, shape: ImageShape, angle: number): void {
  const [channels, height, width] = shape;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [right, down] = [x - middleX, y - middleY];
      const fromX = cos * right - sin * down + middleX;
      const fromY = sin * right + cos * down + middleY;
      for (let c = 0; c < channels; c++) {
        const plane = image.subarray(c * height * width, (c + 1) * height * width);
        target[(c * height + y) * width + x] = Math.round(between(plane, height, width, fromX, fromY));
      }
    }
  }
}

/** The plane's value at a point between pixels, from the four around it. */
function between(plane: Uint8Array, height: number, width: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [alongX, alongY] = [x - left, y - top];
  const at = (row: number, column: number): number =>
    row >= 0 && row < height && column >= 0 && column < width ? plane[row * width + column]! : 0;
  const upper = (1 - alongX) * at(top, left) + alongX * at(top, left + 1);
  const lower = (1 - alongX) * at(top + 1, left) + alongX * at(top + 1, left + 1);
  return (1 - alongY) * upper + alongY * lower;
}

/** One mean and one standard deviation for all pixels of a channel, which no rotation changes. */
function normalizationOf(images: Uint8Array, [channels, height, width]: ImageShape): Normalization {
  const plane = height * width;
  const sums = Array.from({ length: channels }, () => ({ sum: 0, squares: 0 }));
  images.forEach((byte, i) => {
    const channel = sums[Math.floor(i / plane) % channels]!;
    channel.sum += byte / 255;
    channel.squares += (byte / 255) ** 2;
  });
  const count = images.length / channels;
  const mean = sums.map(({ sum }) => sum / count);
  return { mean, std: sums.map(({ squares }, c) => Math.sqrt(squares / count - mean[c]! ** 2)) };
}
