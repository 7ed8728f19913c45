import { randomCrop } from "../data/augment/random-crop.ts";
import type { TrainTest } from "../data/mnist.ts";
import type { FitOptions } from "../train/fit-options.ts";
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from "../train/optimizers/index.ts";
import type { Schedule } from "../train/schedules.ts";
import type { TrainingSettings } from "./training-settings.ts";

const heldOut = 0.1;

/** The options of `fit` that settings stand for. */
export function planTraining(settings: TrainingSettings, { train, test }: TrainTest): FitOptions {
  const { epochs, batchSize, labelSmoothing, clipNorm, accumulate, shift, seed, patience } = settings;
  const [validation, rest] = patience === undefined ? [undefined, train] : train.split(heldOut);
  return {
    train: rest,
    ...(validation && { validation }),
    test,
    epochs,
    batchSize,
    optimizer: makeOptimizer(settings),
    schedule: makeSchedule(settings),
    labelSmoothing,
    ...(clipNorm !== undefined && { clipNorm }),
    accumulate,
    ...(shift > 0 && { transform: randomCrop({ padding: shift }) }),
    ...(patience !== undefined && { earlyStopping: { patience } }),
    seed,
  };
}

export function makeOptimizer({ optimizer, lr, momentum = 0, weightDecay }: TrainingSettings): Optimizer {
  switch (optimizer) {
    case "sgd":
      return new SGD({ lr, momentum, weightDecay });
    case "adam":
      return new Adam({ lr, weightDecay });
    case "adamw":
      return new AdamW({ lr, weightDecay });
    case "rmsprop":
      return new RMSprop({ lr, momentum, weightDecay });
  }
}

export function makeSchedule({ schedule, warmup, epochs }: TrainingSettings): Schedule {
  switch (schedule) {
    case "constant":
      return { kind: "constant" };
    case "step":
      return { kind: "step", every: epochs / 3 };
    case "cosine":
      return { kind: "cosine", ...(warmup !== undefined && { warmup }) };
    case "one-cycle":
      return { kind: "oneCycle", ...(warmup !== undefined && { rise: warmup / epochs }) };
  }
}
