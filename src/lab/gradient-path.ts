import { gradients } from "../autograd/gradients.ts";
import { compile } from "../compiler/compile.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { type Variable, withVariableValues } from "../core/variable.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { add, div, mul, square, sub } from "../ops/arithmetic.ts";
import { crossEntropy } from "../ops/cross-entropy.ts";
import { sqrt } from "../ops/math.ts";
import { sum } from "../ops/reduce.ts";
import type { LabContext } from "./experiment.ts";

/** One step of gradient descent, and what it would have met farther along its gradient. */
export interface PathStep {
  readonly loss: number;
  /** The loss of the same batch at θ − η g, for each η that was looked at. */
  readonly along: readonly number[];
  /** The largest ‖g(θ) − g(θ − η g)‖ / ‖η g‖ of them: how fast the gradient changes, its effective Lipschitz constant. */
  readonly smoothness: number;
}

export interface PathOptions {
  readonly train: Dataset;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly steps: number;
  /** Step lengths to look at, as factors of the learning rate; 0.5, 1 and 2 unless told. */
  readonly factors?: readonly number[];
}

/**
 * Trains by plain gradient descent, and looks at each step along its own gradient: how much the loss varies, and how
 * well the gradient tells what comes.
 *
 * Santurkar, Tsipras, Ilyas, Mądry: How Does Batch Normalization Help Optimization? (2018), figure 4.
 */
export async function walkDownhill(
  { seed, signal, progress }: LabContext,
  model: Module,
  { train, batchSize, learningRate, steps, factors = [0.5, 1, 2] }: PathOptions,
): Promise<PathStep[]> {
  const parameters = model.parameters();
  const lossAt = (images: Tensor, labels: Tensor): { loss: Tensor; slopes: Tensor[] } => {
    const theta = parameters.map((parameter) => parameter.value);
    const loss = crossEntropy(model.forward(images), labels);
    return { loss, slopes: gradients(loss, theta) };
  };
  const step = compile((images: Tensor, labels: Tensor, rate: Tensor) => {
    const theta = parameters.map((parameter) => parameter.value);
    const { loss, slopes } = lossAt(images, labels);
    const moved = (factor: number): Map<Variable, Tensor> =>
      new Map(parameters.map((p, i) => [p, sub(theta[i]!, mul(mul(slopes[i]!, rate), factor))]));
    const ahead = factors.map((factor) => {
      const there = withVariableValues(moved(factor), () => lossAt(images, labels));
      const change = norm(there.slopes.map((slope, i) => sub(slope, slopes[i]!)));
      return { loss: there.loss, smoothness: div(change, mul(mul(norm(slopes), rate), factor)) };
    });
    for (const [parameter, value] of moved(1)) parameter.assign(value);
    return { loss, ahead };
  });
  const rate = tensor(Float32Array.of(learningRate), { shape: [] });
  const path: PathStep[] = [];
  return await withMode(model, true, async () => {
    for (let epoch = 0; path.length < steps; epoch++) {
      for await (const [images, labels] of train.batches(batchSize, {
        shuffle: true,
        seed,
        epoch,
        dropLast: true,
      })) {
        signal.throwIfAborted();
        const { loss, ahead } = await step(images!, labels!, rate);
        const along = await Promise.all(ahead.map((each) => each.loss.item()));
        const smoothness = await Promise.all(ahead.map((each) => each.smoothness.item()));
        path.push({ loss: await loss.item(), along, smoothness: Math.max(...smoothness) });
        progress("", path.length, steps);
        if (path.length === steps) break;
      }
    }
    return path;
  });
}

function norm(tensors: readonly Tensor[]): Tensor {
  return sqrt(tensors.map((each) => sum(square(each))).reduce((a, b) => add(a, b)));
}
