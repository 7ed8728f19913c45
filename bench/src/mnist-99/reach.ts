import type { TrainTest } from "../../../dist/data/index.js";
import {
  argmax,
  cast,
  compile,
  crossEntropy,
  equal,
  sum,
  type Tensor,
  valueAndGrad,
} from "../../../dist/index.js";
import { manualSeed } from "../../../dist/nn/index.js";
import { scheduleFactor } from "../../../dist/train/index.js";
import {
  batchSize,
  createNetwork,
  createOptimizer,
  epochs,
  evaluateAt,
  schedule,
  wantedAccuracy,
} from "./recipe.ts";

/** Images at once where only the forward pass is computed. */
const evaluationBatchSize = 500;

/** How a training went until the wanted accuracy was first seen, or until its end. */
export interface Reached {
  readonly seed: number;
  readonly reached: boolean;
  /** From the data in memory to here: the model's making, compilation, training and evaluations. */
  readonly seconds: number;
  readonly steps: number;
  readonly epochs: number;
  /** Of the test images, at each evaluation; the last one counts. */
  readonly accuracies: readonly number[];
  readonly parameters: number;
}

/** Trains by the recipe from a seed, which decides the initial weights and the order of images. */
export async function reach({ train, test }: TrainTest, seed: number): Promise<Reached> {
  const began = performance.now();
  manualSeed(seed);
  const [model, optimizer] = [createNetwork(), createOptimizer()];
  const step = compile((images: Tensor, labels: Tensor) => {
    const loss = () => crossEntropy(model.forward(images), labels);
    const { value, grads } = valueAndGrad(loss, model.parameters());
    optimizer.update(grads);
    return value;
  });
  const countRight = compile((images: Tensor, labels: Tensor) =>
    sum(cast(equal(argmax(model.forward(images), 1), labels), "int32")),
  );
  const accuracyNow = async (): Promise<number> => {
    model.eval();
    let right = 0;
    for await (const [images, labels] of test.batches(evaluationBatchSize)) {
      right += await (await countRight(images!, labels!)).item();
    }
    model.train();
    return right / test.length;
  };

  const stepsPerEpoch = Math.floor(train.length / batchSize);
  const totalSteps = Math.round(epochs * stepsPerEpoch);
  const moments = new Set(evaluateAt.map((epoch) => Math.round(epoch * stepsPerEpoch)));
  const accuracies: number[] = [];
  let steps = 0;
  const result = (reached: boolean): Reached => ({
    seed,
    reached,
    seconds: (performance.now() - began) / 1000,
    steps,
    epochs: steps / stepsPerEpoch,
    accuracies,
    parameters: [...model.parameters()].reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0),
  });
  for (let epoch = 0; ; epoch++) {
    const batches = train.batches(batchSize, { shuffle: true, seed, epoch, dropLast: true });
    for await (const [images, labels] of batches) {
      optimizer.setLearningRate(
        optimizer.lr * scheduleFactor(schedule, steps, { stepsPerEpoch, totalSteps }),
      );
      await step(images!, labels!);
      steps++;
      if (moments.has(steps)) {
        accuracies.push(await accuracyNow());
        if (accuracies.at(-1)! >= wantedAccuracy) return result(true);
      }
      if (steps === totalSteps) return result(false);
    }
  }
}
