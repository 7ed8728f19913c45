import { compile } from "../compiler/compile.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { actOnGrid } from "../equivariant/grid-action.ts";
import { cyclicGroup } from "../equivariant/group.ts";
import { requireEntry } from "../models/registry.ts";
import type { Module } from "../nn/module.ts";
import { predictedClasses } from "../train/metrics.ts";
import { Adam } from "../train/optimizers/adam.ts";
import { type LabContext, part } from "./experiment.ts";
import { overSeeds } from "./over-seeds.ts";
import type { RotatedImages } from "./rotated-images.ts";
import { type Statistics, statistics } from "./statistics.ts";
import { type TrainingRecipe, trainClassifier } from "./train-classifier.ts";

/** How long each network may train. */
export interface Budget {
  /** Learning rates to choose from. */
  readonly rates: readonly number[];
  /** Passes over the images while the learning rate is chosen. */
  readonly choosing: number;
  /** And with the one chosen. */
  readonly final: number;
}

/** What one network came to. */
export interface Outcome {
  readonly parameters: number;
  /** Validation accuracy by learning rate. */
  readonly tried: readonly (readonly [rate: number, accuracy: number])[];
  readonly rate: number;
  /** Test errors. */
  readonly error: Statistics;
  /** Share of the test images whose class changes with a quarter turn. */
  readonly turned: Statistics;
  readonly losses: readonly (readonly [epoch: number, loss: number])[];
  readonly seconds: number;
}

/** Trains a network of the registry with the best learning rate, over the context's seeds. */
export async function measureOnRotated(
  context: LabContext,
  name: string,
  images: RotatedImages,
  { rates, choosing: trying, final }: Budget,
): Promise<Outcome> {
  const { quick } = context;
  const { train, validation, all, test } = images;
  const numClasses = train.classes.length;
  const create = (): Module => requireEntry(name).create({ numClasses, inChannels: train.imageShape[0] });
  const recipe = (rate: number, count: number): Omit<TrainingRecipe, "train" | "test"> => ({
    epochs: quick ? 1 : count,
    batchSize: 128,
    optimizer: () => new Adam({ lr: rate }),
  });
  const choosing = rates.length * trying;
  const total = choosing + context.seeds * final;
  const share = (from: number, length: number): LabContext => ({
    ...context,
    progress: (text, done = 0, of = 1) => context.progress(text, from + (length * done) / of, total),
  });
  const tried: [number, number][] = [];
  for (const [i, rate] of rates.entries()) {
    const place = part(share(i * trying, trying), `learning rate ${rate}`, 0, 1);
    const chosen = { ...recipe(rate, trying), train, test: validation };
    tried.push([rate, (await trainClassifier(place, create, chosen)).test.accuracy]);
  }
  const [rate] = tried.reduce((best, each) => (each[1] > best[1] ? each : best));
  const runs = await overSeeds(share(choosing, context.seeds * final), async (inner) => {
    const trained = await trainClassifier(inner, create, { ...recipe(rate, final), train: all, test });
    return { ...trained, turned: await changedByTurning(trained.model, test) };
  });
  const [first] = runs;
  return {
    parameters: first!.parameters,
    tried,
    rate,
    error: statistics(runs.map((run) => 1 - run.test.accuracy)),
    turned: statistics(runs.map(({ turned }) => turned)),
    losses: first!.losses.map(([step, loss]) => [(step * 128) / all.length, loss]),
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0) / runs.length,
  };
}

/** The share of (at most 5,000) images to which the model gives another class when they are turned by 90°. */
async function changedByTurning(model: Module, images: Dataset): Promise<number> {
  const judged = images.subset({ end: Math.min(images.length, 5000) });
  const c4 = cyclicGroup(4);
  const classes = compile((x: Tensor) => [
    predictedClasses(model.forward(x)),
    predictedClasses(model.forward(actOnGrid(x, c4, 1))),
  ]);
  model.eval();
  let changed = 0;
  for await (const [x] of judged.batches(250)) {
    const [straight, turned] = await Promise.all((await classes(x!)).map((each) => each.data()));
    straight!.forEach((label, i) => {
      if (label !== turned![i]) changed++;
    });
  }
  return changed / judged.length;
}
