import { ArgumentError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Transform } from "../data/transforms.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { type Evaluation, evaluate } from "../train/evaluate.ts";
import { fit } from "../train/fit.ts";
import type { FitOptions } from "../train/fit-options.ts";
import { Adam } from "../train/optimizers/adam.ts";
import type { Optimizer } from "../train/optimizers/optimizer.ts";
import type { EpochRecord } from "../train/position.ts";
import type { Schedule } from "../train/schedules.ts";
import type { LabContext } from "./experiment.ts";

export interface TrainingRecipe {
  readonly train: Dataset;
  /** Judged once at the end, or after every epoch with `curve`. */
  readonly test: Dataset;
  /** Passes over the training images; or else `steps`. */
  readonly epochs?: number;
  /** Updates, however many images there are: they are gone through again and again in a random order. */
  readonly steps?: number;
  /** 64 unless told. */
  readonly batchSize?: number;
  /** Adam with a learning rate of 0.002 unless told. */
  readonly optimizer?: () => Optimizer;
  /** A rise and a fall over the whole training (one cycle) unless told. */
  readonly schedule?: Schedule;
  readonly transform?: Transform;
  /** Judges the test set after every epoch, for a curve. */
  readonly curve?: boolean;
}

export interface Trained<M extends Module = Module> {
  readonly model: M;
  readonly parameters: number;
  /** Of the test set at the end. */
  readonly test: Evaluation;
  /** Mean training loss since the point before, by update. */
  readonly losses: readonly (readonly [step: number, loss: number])[];
  /** One record an epoch. */
  readonly history: readonly EpochRecord[];
  readonly steps: number;
  /** Of the training, evaluations with `curve` included. */
  readonly seconds: number;
}

/**
 * Makes a model with the context's seed, trains it and judges it.
 *
 * @throws the signal's reason where the context's signal ends it.
 */
export async function trainClassifier<M extends Module>(
  context: LabContext,
  create: () => M,
  recipe: TrainingRecipe,
): Promise<Trained<M>> {
  const { seed, signal } = context;
  const { test, batchSize = 64, transform, curve = false } = recipe;
  const optimizer = recipe.optimizer?.() ?? new Adam({ lr: 2e-3 });
  signal.throwIfAborted();
  manualSeed(seed);
  const model = create();
  const losses: [number, number][] = [];
  let total = 1;
  const began = performance.now();
  const result = await fit(model, {
    ...duration(recipe, batchSize),
    ...(curve && { test }),
    ...(transform && { transform }),
    batchSize,
    optimizer,
    schedule: recipe.schedule ?? { kind: "oneCycle" },
    seed,
    signal,
    onEvent: (event) => {
      if (event.kind === "start") total = event.totalSteps;
      if (event.kind !== "step") return;
      losses.push([event.step, event.scores.loss]);
      context.progress("", event.step, total);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  signal.throwIfAborted();
  return {
    model,
    parameters: countParameters(model),
    test: result.test ?? (await evaluate(model, test, { signal })),
    losses,
    history: result.history,
    steps: result.steps,
    seconds,
  };
}

/** Updates are counted as one epoch of a set in which every image is there as often as needed. */
function duration(
  { train, epochs, steps }: TrainingRecipe,
  batchSize: number,
): Pick<FitOptions, "train" | "epochs"> {
  if ((epochs === undefined) === (steps === undefined)) {
    throw new ArgumentError("trainClassifier: a recipe has either epochs or steps");
  }
  if (steps === undefined) return { train, epochs: epochs! };
  return { train: repeated(train, steps * batchSize), epochs: 1 };
}

/** `length` samples: each of the dataset's ⌊length / n⌋ or ⌈length / n⌉ times. */
function repeated(dataset: Dataset, length: number): Dataset {
  return dataset.subset(Uint32Array.from({ length }, (_, i) => i % dataset.length));
}

/** Numbers that are learned. */
export function countParameters(model: Module): number {
  return model.parameters().reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
