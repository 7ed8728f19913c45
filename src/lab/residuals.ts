import { hessianSpectrum } from "../analyze/curvature/hessian-spectrum.ts";
import { drawLandscape } from "../analyze/loss-landscape/draw-landscape.ts";
import {
  type LossLandscape,
  landscapeGrid,
  lossLandscape,
} from "../analyze/loss-landscape/loss-landscape.ts";
import type { Dataset } from "../data/dataset.ts";
import { CifarResNet } from "../models/cifar-resnet.ts";
import type { Module } from "../nn/module.ts";
import { lineChart } from "../plot/line-chart.ts";
import { SGD } from "../train/optimizers/sgd.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import { overSeeds } from "./over-seeds.ts";
import type { Report, Verdict } from "./report.ts";
import { percent, type Statistics, statistics } from "./statistics.ts";
import { firstBatches, shareOfConcavity } from "./surfaces.ts";
import { type TrainingRecipe, trainClassifier } from "./train-classifier.ts";

/** One of the paper's networks, half as wide. */
interface Network {
  readonly name: string;
  readonly layers: number;
  readonly shortcuts: boolean;
}

/** What of one trained network is kept. */
interface Run {
  readonly model: Module;
  /** Mean training loss and accuracy of each epoch. */
  readonly losses: readonly number[];
  readonly accuracies: readonly number[];
  readonly test: number;
}

/** How a trained network's loss behaves around it. */
interface Neighbourhood {
  readonly surface: LossLandscape;
  readonly concave: number;
  /** The largest eigenvalue of the Hessian. */
  readonly largest: number;
}

interface Scale {
  readonly layers: readonly [shallow: number, deep: number];
  readonly width: number;
  readonly images: number;
  readonly epochs: number;
  readonly steps: number;
  readonly judged: number;
  readonly products: number;
}

const full: Scale = {
  layers: [20, 56],
  width: 8,
  images: 4000,
  epochs: 5,
  steps: 13,
  judged: 100,
  products: 12,
};
const quick: Scale = { layers: [8, 14], width: 2, images: 64, epochs: 1, steps: 3, judged: 16, products: 2 };

export const residuals: Experiment = {
  name: "residuals",
  title: "Residuals: what shortcuts do for depth",
  claim:
    "A deeper plain network trains worse than a shallow one, although it could compute the same; with shortcuts around " +
    "its blocks it does not, and the surface of its loss is smooth where that of the plain one is rough.",
  data: "cifar10",
  seeds: 2,
  run: runResiduals,
};

async function runResiduals(context: LabContext): Promise<Report> {
  const scale = context.quick ? quick : full;
  const { train, test } = await context.load("cifar10", scale.images);
  const networks: Network[] = [true, false].flatMap((shortcuts) =>
    scale.layers.map((layers) => ({
      name: `${shortcuts ? "ResNet" : "plain"}-${layers}`,
      layers,
      shortcuts,
    })),
  );
  const recipe: TrainingRecipe = {
    train: train.subset({ end: Math.min(scale.images, train.length) }),
    test: test.subset({ end: Math.min(1000, test.length) }),
    epochs: scale.epochs,
    optimizer: () => new SGD({ lr: 0.1, momentum: 0.9, weightDecay: 1e-4 }),
  };
  // By far the most of it is training: 16 parts of 20.
  const training = { ...part(context, "training", 0, 1), progress: within(context, 0, 16) };
  const runs = await overSeeds(training, (inner) => trainAll(inner, networks, scale.width, recipe));
  const results = networks.map((_, n) => runs.map((run) => run[n]!));
  const around: Neighbourhood[] = [];
  for (const [n, { name }] of networks.entries()) {
    const looking = { ...context, progress: within(context, 16 + n, 1) };
    looking.progress(`around ${name}`, 0, 1);
    around.push(await lookAround(looking, name, results[n]![0]!.model, recipe.train, scale));
  }
  return report(networks, results, around, scale);
}

/** Progress in `length` parts of 20, from `start` on. */
function within(context: LabContext, start: number, length: number): LabContext["progress"] {
  return (text, done = 0, total = 1) => context.progress(text, start + (length * done) / total, 20);
}

async function trainAll(
  context: LabContext,
  networks: readonly Network[],
  width: number,
  recipe: TrainingRecipe,
): Promise<Run[]> {
  const { imageShape, classes } = recipe.train;
  const options = { inChannels: imageShape[0], numClasses: classes.length };
  const runs: Run[] = [];
  for (const [n, { name, layers, shortcuts }] of networks.entries()) {
    const create = (): Module => new CifarResNet((layers - 2) / 6, options, { width, shortcuts });
    const { model, history, test } = await trainClassifier(
      part(context, name, n, networks.length),
      create,
      recipe,
    );
    runs.push({
      model,
      losses: history.map(({ train }) => train.loss),
      accuracies: history.map(({ train }) => train["accuracy"]!),
      test: test.accuracy,
    });
  }
  return runs;
}

/** Surface and curvature of the loss on some of the images that the network was trained with. */
async function lookAround(
  { seed, signal, progress }: LabContext,
  name: string,
  model: Module,
  train: Dataset,
  { steps, judged, products }: Scale,
): Promise<Neighbourhood> {
  const batches = await firstBatches(train, judged, 100, signal);
  const grid = landscapeGrid(2, steps);
  const surface = await lossLandscape(model, batches, {
    grid,
    seed,
    signal,
    onProgress: (done) => progress(`around ${name}`, 0.6 * done, 1),
  });
  const spectrum = await hessianSpectrum(model, batches, {
    top: 1,
    bottom: 0,
    tolerance: 0.01,
    maxSteps: products,
    seed,
    signal,
    onProgress: (done) => progress(`curvature of ${name}`, 0.6 + 0.4 * done, 1),
  });
  return {
    surface,
    concave: shareOfConcavity(surface.loss, grid.alphas.length),
    largest: spectrum.largest[0]!.value,
  };
}

async function report(
  networks: readonly Network[],
  results: readonly (readonly Run[])[],
  around: readonly Neighbourhood[],
  scale: Scale,
): Promise<Report> {
  const final = results.map((runs) => statistics(runs.map(({ losses }) => losses.at(-1)!)));
  const accuracies = results.map((runs) => statistics(runs.map(({ accuracies: all }) => all.at(-1)!)));
  const tests = results.map((runs) => statistics(runs.map(({ test }) => test)));
  const [residual, plain] = [final.slice(0, 2), final.slice(2)] as [Statistics[], Statistics[]];
  const cost = (pair: readonly Statistics[]): number => pair[1]!.mean - pair[0]!.mean;
  const [shallow, deep] = scale.layers;
  return {
    summary:
      `From ${shallow} to ${deep} layers the final training loss changes by ${signed(cost(plain))} without ` +
      `shortcuts and by ${signed(cost(residual))} with them (means over ${final[0]!.values.length} seeds).`,
    verdicts: [
      everySeed(
        `The plain network of ${deep} layers ends with a higher training loss than that of ${shallow}, with every seed`,
        plain,
        (a, b) => b > a,
      ),
      everySeed(
        `The residual network of ${deep} layers ends with no higher training loss than that of ${shallow}, with every seed`,
        residual,
        (a, b) => b <= a,
      ),
      {
        statement: "Depth costs a plain network more than a residual one",
        holds: cost(plain) > cost(residual),
        found: `${signed(cost(plain))} against ${signed(cost(residual))}`,
      },
    ],
    tables: [
      {
        title: "Training",
        head: ["network", "training loss", "training accuracy", "test accuracy"],
        rows: networks.map(({ name }, n) => [
          name,
          spread(final[n]!),
          percent(accuracies[n]!, 1),
          percent(tests[n]!, 1),
        ]),
        note:
          `Networks of He et al. 2015, section 4.2, with ${scale.width}, ${2 * scale.width} and ${4 * scale.width} ` +
          `channels (half of the paper's), on ${scale.images.toLocaleString("en")} images for ${scale.epochs} epochs; the plain ones are the same ` +
          "layers without shortcuts. Loss and accuracy are those of the last epoch, as training sees them.",
      },
      {
        title: "Around the trained networks",
        head: ["network", "loss", "median over the surface", "bent downwards", "largest λ"],
        rows: networks.map(({ name }, n) => {
          const { surface, concave, largest } = around[n]!;
          return [
            name,
            surface.loss[(surface.loss.length - 1) / 2]!.toFixed(3),
            middle(surface.loss).toPrecision(3),
            `${(100 * concave).toFixed(0)} %`,
            largest.toPrecision(3),
          ];
        }),
        note:
          `Of the first seed, on ${scale.judged} training images. The surface spans two filter-normalized random directions (Li et ` +
          `al. 2018), ${scale.steps} × ${scale.steps} points of [−1, 1]²; "bent downwards" is the share of its inner points at which it is not convex. λ is ` +
          `an eigenvalue of the Hessian, by at most ${scale.products} steps of Lanczos's method.`,
      },
    ],
    pictures: [
      {
        name: "training",
        caption: "Training loss of each epoch: the mean over the seeds, with the range between them.",
        svg: trainingChart(networks, results),
      },
      {
        name: "lines",
        caption: "Loss along the first direction through each trained network.",
        svg: linesChart(networks, around),
      },
      ...(await Promise.all(
        networks.map(async ({ name }, n) => ({
          name: `surface-${name.toLowerCase()}`,
          caption: `Loss around ${name}.`,
          svg: await drawLandscape(around[n]!.surface, { title: `Loss around ${name}` }),
        })),
      )),
    ],
    data: networks.map(({ name }, n) => ({
      network: name,
      losses: results[n]!.map(({ losses }) => losses),
      accuracies: results[n]!.map(({ accuracies: all }) => all),
      test: tests[n]!.values,
      surface: around[n]!.surface.loss.map((loss) => (Number.isFinite(loss) ? loss : null)),
      concave: around[n]!.concave,
      largest: around[n]!.largest,
    })),
  };
}

function everySeed(
  statement: string,
  [shallow, deep]: readonly Statistics[],
  holds: (shallow: number, deep: number) => boolean,
): Verdict {
  const pairs = shallow!.values.map((value, seed) => [value, deep!.values[seed]!] as const);
  return {
    statement,
    holds: pairs.every(([a, b]) => holds(a, b)),
    found: pairs.map(([a, b]) => `${a.toFixed(3)} and ${b.toFixed(3)}`).join("; "),
  };
}

function spread({ values, mean, std }: Statistics): string {
  return values.length > 1 ? `${mean.toFixed(3)} ± ${std.toFixed(3)}` : mean.toFixed(3);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function trainingChart(networks: readonly Network[], results: readonly (readonly Run[])[]): string {
  return lineChart({
    title: "Training loss by epoch",
    xLabel: "epoch",
    yLabel: "training loss",
    series: networks.map(({ name, shortcuts }, n) => {
      const epochs = results[n]![0]!.losses.map((_, epoch) =>
        results[n]!.map(({ losses }) => losses[epoch]!),
      );
      return {
        name,
        dashed: !shortcuts,
        points: epochs.map((values, epoch) => [epoch + 1, statistics(values).mean] as const),
        band: epochs.map((values, epoch) => [epoch + 1, Math.min(...values), Math.max(...values)] as const),
      };
    }),
  });
}

function linesChart(networks: readonly Network[], around: readonly Neighbourhood[]): string {
  return lineChart({
    title: "Loss along one direction",
    xLabel: "α",
    yLabel: "loss",
    yScale: "log",
    series: networks.map(({ name, shortcuts }, n) => {
      const { alphas, betas, loss } = around[n]!.surface;
      const row = (betas.length >> 1) * alphas.length;
      return { name, dashed: !shortcuts, points: alphas.map((alpha, i) => [alpha, loss[row + i]!] as const) };
    }),
  });
}
