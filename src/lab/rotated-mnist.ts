import { compile } from "../compiler/compile.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { actOnGrid } from "../equivariant/grid-action.ts";
import { cyclicGroup } from "../equivariant/group.ts";
import { requireEntry } from "../models/registry.ts";
import type { Module } from "../nn/module.ts";
import { barChart } from "../plot/bar-chart.ts";
import { lineChart } from "../plot/line-chart.ts";
import { predictedClasses } from "../train/metrics.ts";
import { Adam } from "../train/optimizers/adam.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import { overSeeds } from "./over-seeds.ts";
import type { Report, Verdict } from "./report.ts";
import { type RotatedImages, type RotatedSizes, rotatedImages } from "./rotated-images.ts";
import { percent, points, type Statistics, statistics } from "./statistics.ts";
import { type TrainingRecipe, trainClassifier } from "./train-classifier.ts";

/** Networks of the registry, with the paper's error in percent and how far its runs scatter. */
const networks = [
  { name: "z2cnn", title: "Z2CNN", published: 5.03, scatter: 0.002 },
  { name: "p4cnn", title: "P4CNN", published: 2.28, scatter: 0.0004 },
] as const;

/** The paper's data set: 10,000 images to train with, 2,000 to choose the learning rate by, and 50,000. */
const sizes: RotatedSizes = { train: 10_000, validation: 2000, test: 50_000 };
const rates = [0.001, 0.003, 0.01] as const;
/** Passes over the images while the learning rate is chosen, and with the one chosen. */
const epochs = { choosing: 5, final: 60 } as const;

export const rotatedMnist: Experiment = {
  name: "rotated-mnist",
  title: "Rotated MNIST: convolution on the group p4 against convolution on the plane",
  claim:
    "Where images come at every angle, filters that are shared between rotations generalize better than as many " +
    "parameters of ordinary filters: with 12,000 images, 2.28 against 5.03 % test error (Cohen, Welling 2016, table 1).",
  data: "mnist",
  seeds: 3,
  run: runRotatedMnist,
};

/** What one network came to. */
interface Outcome {
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

async function runRotatedMnist(context: LabContext): Promise<Report> {
  const { quick, seed } = context;
  context.progress("turning the images");
  const wanted = quick ? { train: 128, validation: 64, test: 128 } : sizes;
  const images = await rotatedImages(await context.load("mnist"), wanted, seed);
  const outcomes: Outcome[] = [];
  for (const [i, { name, title }] of networks.entries()) {
    outcomes.push(await measure(part(context, title, i, networks.length), name, images));
  }
  return reportOn(outcomes as [Outcome, Outcome], images);
}

async function measure(context: LabContext, name: string, images: RotatedImages): Promise<Outcome> {
  const { quick } = context;
  const { train, validation, all, test } = images;
  const numClasses = train.classes.length;
  const create = (): Module => requireEntry(name).create({ numClasses, inChannels: train.imageShape[0] });
  const recipe = (rate: number, count: number): Omit<TrainingRecipe, "train" | "test"> => ({
    epochs: quick ? 1 : count,
    batchSize: 128,
    optimizer: () => new Adam({ lr: rate }),
  });
  const choosing = rates.length * epochs.choosing;
  const total = choosing + context.seeds * epochs.final;
  const share = (from: number, length: number): LabContext => ({
    ...context,
    progress: (text, done = 0, of = 1) => context.progress(text, from + (length * done) / of, total),
  });
  const tried: [number, number][] = [];
  for (const [i, rate] of rates.entries()) {
    const place = part(share(i * epochs.choosing, epochs.choosing), `learning rate ${rate}`, 0, 1);
    const chosen = { ...recipe(rate, epochs.choosing), train, test: validation };
    tried.push([rate, (await trainClassifier(place, create, chosen)).test.accuracy]);
  }
  const [rate] = tried.reduce((best, each) => (each[1] > best[1] ? each : best));
  const runs = await overSeeds(share(choosing, context.seeds * epochs.final), async (inner) => {
    const trained = await trainClassifier(inner, create, { ...recipe(rate, epochs.final), train: all, test });
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

function reportOn(outcomes: readonly [Outcome, Outcome], { all, test }: RotatedImages): Report {
  const [plane, group] = outcomes;
  const gap = statistics(plane.error.values.map((error, i) => error - group.error.values[i]!));
  const ratio = group.error.mean / plane.error.mean;
  const paperRatio = networks[1].published / networks[0].published;
  return {
    summary:
      `With ${all.length.toLocaleString("en")} turned images P4CNN errs on ${percent(group.error)} of ` +
      `${test.length.toLocaleString("en")} others and Z2CNN, with ${(plane.parameters / 1000).toFixed(1)} thousand ` +
      `parameters to P4CNN's ${(group.parameters / 1000).toFixed(1)}, on ${percent(plane.error)}: ` +
      `${ratio.toFixed(2)} times as many errors, where the paper has ${paperRatio.toFixed(2)} times.`,
    verdicts: judge(outcomes, gap),
    tables: [
      {
        title: "Test error",
        head: [
          "network",
          "parameters",
          "learning rate",
          "test error",
          "paper",
          "changed by 90°",
          "training, s",
        ],
        rows: networks.map(({ title, published, scatter }, i) => {
          const { parameters, rate, error, turned, seconds } = outcomes[i]!;
          return [
            title,
            parameters.toLocaleString("en"),
            String(rate),
            percent(error),
            `${published} ± ${scatter} %`,
            percent(turned),
            seconds.toFixed(0),
          ];
        }),
        note:
          `Adam, one cycle, ${epochs.final} epochs with 128 images at a time on all ${all.length.toLocaleString("en")} images; ` +
          "the scatter is over initial values and orders of the same images. “Changed by 90°” is the share of test " +
          "images to which the network gives another class when they are turned.",
      },
      {
        title: "Choice of the learning rate",
        head: ["learning rate", ...networks.map(({ title }) => title)],
        rows: rates.map((rate, r) => [
          String(rate),
          ...outcomes.map(({ tried }) => `${(100 * (1 - tried[r]![1])).toFixed(2)} %`),
        ]),
        note: `Error on the validation images after ${epochs.choosing} epochs on the training images alone.`,
      },
    ],
    pictures: [
      {
        name: "test-error",
        caption: "Test error, ours and the paper's.",
        svg: barChart({
          title: "Rotated MNIST",
          yLabel: "test error, %",
          categories: networks.map(({ title }) => title),
          series: [
            { name: "here", values: outcomes.map(({ error }) => 100 * error.mean) },
            { name: "paper", values: networks.map(({ published }) => published) },
          ],
        }),
      },
      {
        name: "training-loss",
        caption: "Training loss of the first seed.",
        svg: lineChart({
          title: "Training loss",
          xLabel: "epochs",
          yLabel: "cross-entropy",
          yScale: "log",
          series: networks.map(({ title }, i) => ({
            name: title,
            points: outcomes[i]!.losses,
            marks: false,
          })),
        }),
      },
    ],
    data: Object.fromEntries(
      networks.map(({ name, published }, i) => {
        const { parameters, tried, rate, error, turned, seconds } = outcomes[i]!;
        const errors = { errors: error.values, mean: error.mean, std: error.std, published: published / 100 };
        return [name, { parameters, tried, rate, ...errors, changedByTurning: turned.values, seconds }];
      }),
    ),
  };
}

function judge([plane, group]: readonly [Outcome, Outcome], gap: Statistics): Verdict[] {
  return [
    {
      statement: "P4CNN errs less than Z2CNN with every seed",
      holds: gap.values.every((each) => each > 0),
      found: `a difference of ${points(gap)}`,
    },
    {
      statement: "It makes at most two thirds of the errors",
      holds: group.error.mean <= (2 / 3) * plane.error.mean,
      found: `${percent(group.error)} against ${percent(plane.error)}`,
    },
    {
      statement: "A quarter turn changes the answers of Z2CNN, and at most one in a thousand of P4CNN",
      holds: plane.turned.mean > 0.001 && group.turned.mean <= 0.001,
      found: `${percent(plane.turned)} and ${percent(group.turned)} of the images`,
    },
  ];
}
