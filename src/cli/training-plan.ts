import type { TrainTest } from "../data/mnist.ts";
import { isInside } from "../nn/names.ts";
import type { FitOptions } from "../train/fit-options.ts";
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from "../train/optimizers/index.ts";
import type { Schedule } from "../train/schedules.ts";
import { mixOf, transformOf } from "./augmentation.ts";
import { freezeOptionsOf } from "./fine-tuning.ts";
import type { ImageForm } from "./image-form.ts";
import { requireModel } from "./model-operand.ts";
import type { TrainingSettings } from "./training-settings.ts";

const heldOut = 0.1;

/** Classes that are other ones, or none, in a mirror. */
const handed = ["digits", "mnist"];

/** The options of `fit` that settings stand for. */
export function planTraining(
  settings: TrainingSettings,
  { train, test }: TrainTest,
  images: ImageForm,
): FitOptions {
  const { epochs, batchSize, labelSmoothing, clipNorm, accumulate, seed, patience } = settings;
  const freeze = freezeOptionsOf(settings, requireModel(settings.model, "--model").head);
  const mix = mixOf(settings);
  const transform = transformOf(settings, {
    cropped: images.photographs !== undefined,
    mirrored: !handed.includes(settings.data),
    height: images.shape[1],
  });
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
    ...(transform && { transform }),
    ...(mix && { mix }),
    ...(freeze && { freeze }),
    ...(patience !== undefined && { earlyStopping: { patience } }),
    seed,
  };
}

export function makeOptimizer(settings: TrainingSettings): Optimizer {
  const { model, optimizer, lr, momentum = 0, weightDecay, headLr } = settings;
  const { head } = requireModel(model, "--model");
  const groups =
    headLr === undefined
      ? []
      : [{ where: (name: string) => isInside(name, head), learningRateScale: headLr / lr }];
  switch (optimizer) {
    case "sgd":
      return new SGD({ lr, momentum, weightDecay, groups });
    case "adam":
      return new Adam({ lr, weightDecay, groups });
    case "adamw":
      return new AdamW({ lr, weightDecay, groups });
    case "rmsprop":
      return new RMSprop({ lr, momentum, weightDecay, groups });
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
