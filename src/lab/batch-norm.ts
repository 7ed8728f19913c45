import { CifarResNet } from "../models/cifar-resnet.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { lineChart } from "../plot/line-chart.ts";
import { DivergenceError } from "../train/divergence-error.ts";
import { SGD } from "../train/optimizers/sgd.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import { type PathOptions, type PathStep, walkDownhill } from "./gradient-path.ts";
import { overSeeds } from "./over-seeds.ts";
import type { Report } from "./report.ts";
import { median } from "./statistics.ts";
import { type TrainingRecipe, trainClassifier } from "./train-classifier.ts";

/** Three decades, two rates in each. */
const rates = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3] as const;
const kinds = ["with batch norm", "without"] as const;

/** The end of one training; nothing of one whose loss was no longer finite. */
type Outcome = { readonly loss: number; readonly accuracy: number } | undefined;

/** The trainings with one learning rate, by seed. */
interface Point {
  readonly rate: number;
  readonly outcomes: readonly Outcome[];
}

export const batchNorm: Experiment = {
  name: "batch-norm",
  title: "Batch normalization: the learning rates that it allows",
  claim:
    "With batch normalization the same network trains at learning rates at which it diverges without, trains faster, " +
    "and cares less which rate it is, since its loss and gradient change more smoothly along the way.",
  data: "cifar10",
  seeds: 3,
  run: runBatchNorm,
};

async function runBatchNorm(context: LabContext): Promise<Report> {
  const [layers, width, images, epochs] = context.quick ? [8, 2, 64, 1] : [8, 8, 2000, 4];
  const { train, test } = await context.load("cifar10", images);
  const tried = context.quick ? rates.slice(1, 3) : rates;
  const shown = train.subset({ end: Math.min(images, train.length) });
  const recipe: TrainingRecipe = {
    train: shown,
    test: test.subset({ end: Math.min(500, test.length) }),
    epochs,
    schedule: { kind: "constant" },
  };
  const options = { inChannels: train.imageShape[0], numClasses: train.classes.length };
  const create = (kind: number): Module =>
    new CifarResNet((layers - 2) / 6, options, { width, shortcuts: false, batchNorm: kind === 0 });
  const curves: Point[][] = [];
  for (const kind of kinds.keys()) {
    const points: Point[] = [];
    for (const [r, rate] of tried.entries()) {
      const text = `rate ${rate} ${kinds[kind]}`;
      const place = part(context, text, kind * tried.length + r, kinds.length * tried.length + 1);
      const optimizer = (): SGD => new SGD({ lr: rate, momentum: 0.9 });
      points.push({
        rate,
        outcomes: await overSeeds(place, (inner) =>
          trainOnce(inner, () => create(kind), { ...recipe, optimizer }),
        ),
      });
    }
    curves.push(points);
  }
  const last = part(
    context,
    "along the gradient",
    kinds.length * tried.length,
    kinds.length * tried.length + 1,
  );
  const walk = { train: shown, batchSize: 64, learningRate: 0.03, steps: context.quick ? 2 : 60 };
  const paths: PathStep[][] = [];
  for (const kind of kinds.keys())
    paths.push(await walkOnce(part(last, kinds[kind]!, kind, 2), () => create(kind), walk));
  return report(curves, paths, train.classes.length, {
    layers,
    width,
    images,
    epochs,
    rate: walk.learningRate,
  });
}

async function trainOnce(
  context: LabContext,
  create: () => Module,
  recipe: TrainingRecipe,
): Promise<Outcome> {
  try {
    const { history } = await trainClassifier(context, create, recipe);
    const { loss, accuracy } = history.at(-1)!.train;
    return { loss, accuracy: accuracy! };
  } catch (error) {
    if (error instanceof DivergenceError) return undefined;
    throw error;
  }
}

function walkOnce(context: LabContext, create: () => Module, options: PathOptions): Promise<PathStep[]> {
  manualSeed(context.seed);
  return walkDownhill(context, create(), options);
}

interface Facts {
  readonly layers: number;
  readonly width: number;
  readonly images: number;
  readonly epochs: number;
  /** Of the walks along the gradient. */
  readonly rate: number;
}

function report(
  curves: readonly (readonly Point[])[],
  paths: readonly (readonly PathStep[])[],
  classes: number,
  { layers, width, images, epochs, rate }: Facts,
): Report {
  // A network that has learned nothing says that all classes are equally likely.
  const chance = Math.log(classes);
  const learns = ({ outcomes }: Point): boolean =>
    outcomes.every((each) => each !== undefined && each.loss < 0.95 * chance);
  const reach = curves.map((points) => points.filter(learns).map((point) => point.rate));
  const [withReach, withoutReach] = reach.map((all) => (all.length === 0 ? undefined : Math.max(...all)));
  const best = curves.map((points) => Math.min(...points.map((point) => typical(point) ?? chance)));
  const rough = paths.map((path) => median(path.map(({ smoothness }) => smoothness)));
  const verdicts = [
    {
      statement: "The largest learning rate at which every seed learns is larger with batch norm",
      holds: (withReach ?? 0) > (withoutReach ?? 0),
      found: `${withReach ?? "none"} against ${withoutReach ?? "none"}`,
    },
    {
      statement: "The lowest training loss over all rates is lower with batch norm",
      holds: best[0]! < best[1]!,
      found: `${best[0]!.toFixed(3)} against ${best[1]!.toFixed(3)}`,
    },
    {
      statement: "More of the rates let every seed learn with batch norm",
      holds: reach[0]!.length > reach[1]!.length,
      found: `${reach[0]!.length} against ${reach[1]!.length} of ${curves[0]!.length}`,
    },
    {
      statement: "The gradient changes more slowly along its own direction with batch norm",
      holds: rough[0]! < rough[1]!,
      found: `${rough[0]!.toPrecision(3)} against ${rough[1]!.toPrecision(3)} in the median`,
    },
  ];
  return {
    summary:
      `With batch norm every seed learns at rates up to ${withReach ?? "none"}, without it up to ` +
      `${withoutReach ?? "none"}; the best training loss is ${best[0]!.toFixed(3)} and ${best[1]!.toFixed(3)}.`,
    verdicts,
    tables: [
      {
        title: "Training loss by learning rate",
        head: ["learning rate", ...kinds.flatMap((kind) => [kind, "diverged"])],
        rows: curves[0]!.map((point, r) => [
          String(point.rate),
          ...curves.flatMap((points) => [
            describe(points[r]!),
            String(points[r]!.outcomes.filter((each) => !each).length),
          ]),
        ]),
        note:
          `The plain network of He et al. 2015 with ${layers} layers and ${width}, ${2 * width} and ${4 * width} channels on ` +
          `${images.toLocaleString("en")} images for ${epochs} epochs of SGD with momentum 0.9 and a constant rate: median over the seeds of the ` +
          `last epoch's mean loss and accuracy. Chance is ${chance.toFixed(3)}. "Learns" means a loss below 95 % of it; a training ` +
          "diverges when its loss is no longer finite.",
      },
      {
        title: "Along the gradient",
        head: [
          "",
          "loss at first",
          "loss at last",
          "smoothness, median",
          "smoothness, largest",
          "loss range, median",
        ],
        rows: paths.map((path, k) => [
          kinds[k]!,
          path[0]!.loss.toFixed(3),
          path.at(-1)!.loss.toFixed(3),
          rough[k]!.toPrecision(3),
          Math.max(...path.map(({ smoothness }) => smoothness)).toPrecision(3),
          median(path.map(rangeOf)).toPrecision(3),
        ]),
        note: `${paths[0]!.length} steps of plain gradient descent at rate ${rate}, of the first seed; smoothness as in the picture.`,
      },
    ],
    pictures: [
      {
        name: "loss-by-rate",
        caption:
          "Loss of the last epoch: the median over the seeds, with the range; a curve ends where one diverges.",
        svg: rateChart(curves),
      },
      {
        name: "smoothness",
        caption:
          `Along plain gradient descent at rate ${rate}: how fast the gradient changes, ‖g(θ) − g(θ − ηg)‖ / ‖ηg‖, at most ` +
          "for η of half, once and twice the rate (Santurkar et al. 2018).",
        svg: pathChart(
          "Change of the gradient along itself",
          "effective smoothness",
          paths,
          ({ smoothness }) => smoothness,
        ),
      },
      {
        name: "variation",
        caption: "The range of the loss over the same steps along the gradient.",
        svg: pathChart("Variation of the loss along the gradient", "range of the loss", paths, rangeOf),
      },
    ],
    data: kinds.map((kind, k) => ({
      kind,
      rates: curves[k]!.map(({ rate: each, outcomes }) => ({
        rate: each,
        outcomes: outcomes.map((outcome) => outcome ?? null),
      })),
      path: paths[k]!.filter(isWhole).map((step) => ({ ...step })),
    })),
  };
}

/** The median loss over the seeds; nothing if one of them diverged. */
function typical({ outcomes }: Point): number | undefined {
  const losses = outcomes.flatMap((outcome) => (outcome ? [outcome.loss] : []));
  return losses.length === outcomes.length ? median(losses) : undefined;
}

function describe({ outcomes }: Point): string {
  const ended = outcomes.flatMap((outcome) => (outcome ? [outcome] : []));
  if (ended.length === 0) return "";
  const accuracy = median(ended.map((each) => each.accuracy));
  return `${median(ended.map((each) => each.loss)).toFixed(3)} (${(100 * accuracy).toFixed(0)} %)`;
}

/** How much the loss varies along a step's gradient. */
function rangeOf({ along }: PathStep): number {
  return Math.max(...along) - Math.min(...along);
}

function isWhole({ loss, along, smoothness }: PathStep): boolean {
  return [loss, smoothness, ...along].every(Number.isFinite);
}

function rateChart(curves: readonly (readonly Point[])[]): string {
  return lineChart({
    title: "Training loss by learning rate",
    xLabel: "learning rate",
    yLabel: "loss of the last epoch",
    xScale: "log",
    series: curves.map((points, k) => {
      const ended = points.filter((point) => typical(point) !== undefined);
      const losses = ({ outcomes }: Point): number[] => outcomes.map((outcome) => outcome!.loss);
      return {
        name: kinds[k]!,
        points: ended.map((point) => [point.rate, typical(point)!] as const),
        band: ended.map(
          (point) => [point.rate, Math.min(...losses(point)), Math.max(...losses(point))] as const,
        ),
      };
    }),
  });
}

function pathChart(
  title: string,
  yLabel: string,
  paths: readonly (readonly PathStep[])[],
  value: (step: PathStep) => number,
): string {
  return lineChart({
    title,
    xLabel: "step",
    yLabel,
    yScale: "log",
    series: paths.map((path, k) => ({
      name: kinds[k]!,
      marks: false,
      points: path.map((step, i) => [i + 1, value(step)] as const),
    })),
  });
}
