import { gradients } from "../../autograd/gradients.ts";
import { compile } from "../../compiler/compile.ts";
import { Draw } from "../../core/draw.ts";
import { sizeOf } from "../../core/shape.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { type ConvOptions, conv2d, convolve } from "../../ops/conv.ts";
import { crossEntropy } from "../../ops/cross-entropy.ts";
import { matmul } from "../../ops/matmul.ts";
import { flip } from "../../ops/movement.ts";
import { relu } from "../../ops/rectifiers.ts";
import { mean } from "../../ops/reduce.ts";

export interface MirroredTrainingOptions {
  /** Steps of gradient descent; default 30. */
  readonly steps?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** What came of two trainings that differ by the flip alone. */
export interface MirroredTraining {
  /** The losses step by step of the network with cross-correlation, and of that with true convolution. */
  readonly correlation: readonly number[];
  readonly convolution: readonly number[];
  /** The largest difference of any weight from the mirror image of the other network's, at the end. */
  readonly largestDifference: number;
  /** The kernel of the first layer's first filter in both networks. */
  readonly kernels: { readonly correlation: readonly number[][]; readonly convolution: readonly number[][] };
}

type Convolve = (x: Tensor, weight: Tensor, options: ConvOptions) => Tensor;

const kernelSize = 5;

/**
 * Trains a small network on random images twice: once with cross-correlation, y[p] = Σ x[p + k] w[k], which layers compute,
 * and once with true convolution, Σ x[p − k] w[k], from the mirror images of the same weights.
 *
 * As ∂/∂w of the second is the mirror image of the first's, so is every step that gradient descent takes: losses are the
 * same, and learning finds the flipped kernel. So which of the two a layer computes does not matter.
 */
export async function mirroredTraining(options: MirroredTrainingOptions = {}): Promise<MirroredTraining> {
  const { steps = 30, seed = 0, signal } = options;
  const draw = new Draw(seed);
  const random = (shape: readonly number[], scale: number): Tensor =>
    tensor(
      Float32Array.from({ length: sizeOf(shape) }, () => draw.float(-scale, scale)),
      { shape },
    );
  const images = random([32, 1, 12, 12], 1);
  const labels = tensor(
    Int32Array.from({ length: 32 }, () => draw.int(0, 3)),
    { dtype: "int32" },
  );
  const filters = [random([6, 1, kernelSize, kernelSize], 0.4), random([8, 6, 3, 3], 0.3)] as const;
  const head = random([8, 4], 0.5);
  const networks: Trained[] = [];
  for (const [convolved, mirrored] of [
    [conv2d, false],
    [convolve, true],
  ] as const) {
    const initial = filters.map((weight) => (mirrored ? mirrorImage(weight) : Promise.resolve(weight)));
    const network = new SmallNetwork(await Promise.all(initial), head, convolved);
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      losses.push(await network.step(images, labels));
    }
    networks.push({ losses, weights: network.weights.map(({ value }) => value) });
  }
  const [correlation, convolution] = [networks[0]!, networks[1]!];
  let largestDifference = 0;
  for (const [i, weight] of correlation.weights.entries()) {
    const other = convolution.weights[i]!;
    const [a, b] = [await weight.data(), await (weight.rank === 4 ? await mirrorImage(other) : other).data()];
    a.forEach((value, at) => {
      largestDifference = Math.max(largestDifference, Math.abs(value - b[at]!));
    });
  }
  return {
    correlation: correlation.losses,
    convolution: convolution.losses,
    largestDifference,
    kernels: {
      correlation: await firstKernel(correlation.weights[0]!),
      convolution: await firstKernel(convolution.weights[0]!),
    },
  };
}

interface Trained {
  readonly losses: readonly number[];
  readonly weights: readonly Tensor[];
}

/** The weight with its kernels turned by half a circle. */
async function mirrorImage(weight: Tensor): Promise<Tensor> {
  const flipped = flip(weight, [2, 3]);
  return tensor(await flipped.data(), { shape: flipped.shape });
}

async function firstKernel(weight: Tensor): Promise<number[][]> {
  const values = [...(await weight.data())].slice(0, kernelSize ** 2);
  return Array.from({ length: kernelSize }, (_, row) =>
    values.slice(row * kernelSize, (row + 1) * kernelSize),
  );
}

/** Two convolutions with ReLU, the mean over positions, and a product with a matrix. */
class SmallNetwork {
  readonly weights: readonly Variable[];
  readonly #step: (images: Tensor, labels: Tensor) => Promise<Tensor>;

  constructor(filters: readonly Tensor[], head: Tensor, convolved: Convolve) {
    this.weights = [...filters, head].map((weight) => new Variable(weight));
    this.#step = compile((images: Tensor, labels: Tensor): Tensor => {
      const [first, second, last] = this.weights.map(({ value }) => value) as [Tensor, Tensor, Tensor];
      const hidden = relu(convolved(images, first, { padding: 2 }));
      const features = mean(relu(convolved(hidden, second, { padding: 1 })), [2, 3]);
      const loss = crossEntropy(matmul(features, last), labels);
      const wrt = [first, second, last];
      gradients(loss, wrt).forEach((gradient, i) => {
        this.weights[i]!.assign(sub(wrt[i]!, mul(gradient, 0.5)));
      });
      return add(loss, 0);
    });
  }

  async step(images: Tensor, labels: Tensor): Promise<number> {
    return (await this.#step(images, labels)).item();
  }
}
