import { type Compiled, compile } from "../compiler/compile.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ImageShape } from "../data/source.ts";
import { antialias } from "../nn/antialias.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { lineChart } from "../plot/line-chart.ts";
import { predictedClasses } from "../train/metrics.ts";
import { onCanvas } from "./canvas-source.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import { overSeeds } from "./over-seeds.ts";
import type { Report, Verdict } from "./report.ts";
import { convolutional, fullyConnected } from "./small-networks.ts";
import { percent, type Statistics, statistics } from "./statistics.ts";
import { type TrainingRecipe, trainClassifier } from "./train-classifier.ts";

/** Black pixels around the images, so that a shift by as many cuts nothing. */
const margin = 8;
const furthest = margin;
/** Pixels between neighbouring positions behind both poolings. */
const stride = 4;

interface Candidate {
  readonly name: string;
  readonly create: (size: ImageShape, classes: number) => Module;
}

const networks: readonly Candidate[] = [
  { name: "fully connected", create: (size, classes) => fullyConnected(256, size, classes) },
  { name: "conv, pool, linear", create: (size, classes) => convolutional(8, size, classes) },
  { name: "global pooling, zero padding", create: (size, classes) => globallyPooled(size, classes, "zeros") },
  { name: "global pooling", create: (size, classes) => globallyPooled(size, classes, "circular") },
  {
    name: "BlurPool, global pooling",
    create: (size, classes) => {
      const model = globallyPooled(size, classes, "circular");
      antialias(model, [1, ...size], { kernelSize: 5, paddingMode: "circular" });
      return model;
    },
  },
];

/**
 * Three convolutions, two max poolings, and the mean over all positions before one linear layer.
 *
 * @param paddingMode "circular" makes the canvas a torus, on which every shift of these images is a circular one and no
 *   window meets a border; with "zeros", windows that see the digit from beyond the border are missing from the mean.
 */
function globallyPooled([channels]: ImageShape, classes: number, paddingMode: "zeros" | "circular"): Module {
  return new Sequential(
    new Conv2d(channels, 8, 5, { padding: 2, paddingMode }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(8, 16, 5, { padding: 2, paddingMode }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(16, 32, 3, { padding: 1, paddingMode }),
    new ReLU(),
    new GlobalAvgPool(),
    new Linear(32, classes),
  );
}

export const translation: Experiment = {
  name: "translation",
  title: "Translation: accuracy on images that are moved",
  claim:
    "A network that learned from centred images keeps its accuracy on moved ones as far as it is invariant by " +
    "construction: full connection is not at all, convolution and pooling before a linear layer are for a few pixels, " +
    "and a mean over all positions makes the network invariant to shifts by its total stride, unless the border cuts off " +
    "windows that see the object. Blurring before subsampling brings the shifts between closer to that.",
  data: "mnist",
  seeds: 2,
  run: runTranslation,
};

/** One network at each distance. */
interface Curve {
  readonly name: string;
  readonly parameters: number;
  /** Share of right answers by distance, from 0 on. */
  readonly accuracy: readonly Statistics[];
  /** Share of images whose class is that of the unmoved image. */
  readonly consistency: readonly Statistics[];
}

async function runTranslation(context: LabContext): Promise<Report> {
  const { quick } = context;
  const { train, test } = await context.load("mnist");
  const limit = quick ? { train: 64, test: 16 } : { train: 20_000, test: 600 };
  const centred = onCanvas(train.subset({ end: Math.min(limit.train, train.length) }), margin);
  const judged = test.subset({ end: Math.min(limit.test, test.length) });
  const recipe: TrainingRecipe = {
    train: centred,
    test: onCanvas(judged, margin),
    ...(quick ? { steps: 2 } : { epochs: 3 }),
  };
  const distances = quick ? [0, 1, furthest] : Array.from({ length: furthest + 1 }, (_, i) => i);
  const curves: Curve[] = [];
  for (const [index, { name, create }] of networks.entries()) {
    const inner = part(context, name, index, networks.length);
    const make = (): Module => create(centred.imageShape, train.classes.length);
    const runs = await overSeeds(inner, async (seeded) => {
      const { model, parameters } = await trainClassifier(part(seeded, "", 0, 2), make, recipe);
      return { parameters, ...(await judge(part(seeded, "shifts", 1, 2), model, judged, distances)) };
    });
    const over = (what: "accuracy" | "consistency"): Statistics[] =>
      distances.map((_, d) => statistics(runs.map((run) => run[what][d]!)));
    curves.push({
      name,
      parameters: runs[0]!.parameters,
      accuracy: over("accuracy"),
      consistency: over("consistency"),
    });
  }
  return report(curves, distances);
}

/** Right answers, and answers that stay, at each distance: over shifts to the four sides. */
async function judge(
  context: LabContext,
  model: Module,
  images: Dataset,
  distances: readonly number[],
): Promise<{ accuracy: number[]; consistency: number[] }> {
  model.eval();
  const program = compile((x: Tensor) => predictedClasses(model.forward(x)));
  const { classes: unmoved } = await answers(program, onCanvas(images, margin), context.signal);
  const accuracy: number[] = [];
  const consistency: number[] = [];
  for (const [d, distance] of distances.entries()) {
    context.progress(`shift by ${distance}`, d, distances.length);
    let [right, same, all] = [0, 0, 0];
    for (const [dy, dx] of distance === 0
      ? [[0, 0]]
      : [
          [0, 1],
          [0, -1],
          [1, 0],
          [-1, 0],
        ]) {
      const moved = onCanvas(images, margin, [dy! * distance, dx! * distance]);
      const { classes, labels } = await answers(program, moved, context.signal);
      classes.forEach((each, i) => {
        if (each === labels[i]) right++;
        if (each === unmoved[i]) same++;
        all++;
      });
    }
    accuracy.push(right / all);
    consistency.push(same / all);
  }
  return { accuracy, consistency };
}

async function answers(
  program: Compiled<[x: Tensor], Tensor>,
  images: Dataset,
  signal: AbortSignal,
): Promise<{ classes: number[]; labels: number[] }> {
  const classes: number[] = [];
  const labels: number[] = [];
  for await (const batch of images.batches(250, { signal })) {
    const [x] = batch;
    classes.push(...(await (await program(x)).data()));
    labels.push(...batch.labels);
  }
  return { classes, labels };
}

function report(curves: readonly Curve[], distances: readonly number[]): Report {
  const [dense, pooled, padded, global, blurred] = curves as [Curve, Curve, Curve, Curve, Curve];
  const last = distances.length - 1;
  const whole = distances.flatMap((distance, d) => (distance > 0 && distance % stride === 0 ? [d] : []));
  const between = distances.flatMap((distance, d) => (distance % stride !== 0 ? [d] : []));
  const mean = (curve: Curve, at: readonly number[]): number =>
    at.reduce((sum, d) => sum + curve.consistency[d]!.mean, 0) / at.length;
  const shown = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const fromTo = ({ accuracy }: Curve): string => `${percent(accuracy[0]!)} to ${percent(accuracy[last]!)}`;
  const halved = ({ accuracy }: Curve): boolean => accuracy[last]!.mean < accuracy[0]!.mean / 2;
  const verdicts: Verdict[] = [
    {
      statement: `Full connection falls below half of its accuracy by a shift of ${furthest} pixels`,
      holds: halved(dense),
      found: fromTo(dense),
    },
    {
      statement:
        "A linear layer behind convolution and pooling is not invariant either: it falls below half as well",
      holds: halved(pooled),
      found: fromTo(pooled),
    },
    {
      statement:
        "With global pooling and circular padding, on which the canvas has no border, accuracy stays within one point",
      holds: global.accuracy.every(({ mean: each }) => Math.abs(each - global.accuracy[0]!.mean) < 0.01),
      found: fromTo(global),
    },
    {
      statement: `Shifts by multiples of the total stride ${stride} then leave at least 99.9 % of the answers as they were`,
      holds: mean(global, whole) >= 0.999,
      found: `${shown(mean(global, whole))}, against ${shown(mean(global, between))} at the shifts between`,
    },
    {
      statement:
        "With zero padding the mean lacks windows beyond the border that see the digit: fewer answers stay",
      holds: mean(padded, whole) < mean(global, whole),
      found: `${shown(mean(padded, whole))} at the same shifts`,
    },
    {
      statement: "BlurPool keeps more answers at the shifts between",
      holds: mean(blurred, between) > mean(global, between),
      found: `${shown(mean(blurred, between))} with it, ${shown(mean(global, between))} without`,
    },
  ];
  const chart = (
    title: string,
    yLabel: string,
    what: "accuracy" | "consistency",
    some: readonly Curve[],
  ): string =>
    lineChart({
      title,
      xLabel: "shift, pixels",
      yLabel,
      series: some.map((curve) => ({
        name: curve.name,
        points: curve[what].map(({ mean: each }, d) => [distances[d]!, 100 * each] as const),
        band: curve[what].map(
          ({ mean: each, std }, d) => [distances[d]!, 100 * (each - std), 100 * (each + std)] as const,
        ),
      })),
    });
  const table = (title: string, what: "accuracy" | "consistency", note: string) => ({
    title,
    head: ["shift", ...curves.map(({ name }) => name)],
    rows: distances.map((distance, d) => [
      String(distance),
      ...curves.map((curve) => percent(curve[what][d]!)),
    ]),
    note,
  });
  return {
    summary:
      `Moved by ${furthest} pixels, the networks have ${curves.map(({ name, accuracy }) => `${percent(accuracy[last]!)} (${name})`).join(", ")}: ` +
      "what is not invariant by construction was not learned from centred images.",
    verdicts,
    tables: [
      table(
        "Test accuracy by distance",
        "accuracy",
        "Over shifts to the left, right, up and down. Nothing of an image leaves the canvas.",
      ),
      table(
        "Answers that stay",
        "consistency",
        "Share of images with the class that they had unmoved, right or wrong.",
      ),
      {
        title: "Networks",
        head: ["network", "parameters"],
        rows: curves.map(({ name, parameters }) => [name, parameters.toLocaleString("en")]),
      },
    ],
    pictures: [
      {
        name: "accuracy-by-shift",
        caption:
          "Test accuracy of networks trained on centred images; bands are one standard deviation over seeds.",
        svg: chart("Accuracy on moved images", "test accuracy, %", "accuracy", curves),
      },
      {
        name: "consistency-by-shift",
        caption: `The globally pooled networks closely: answers that stay, best where the shift is a multiple of the stride ${stride}.`,
        svg: chart("Answers that stay", "same class as unmoved, %", "consistency", [padded, global, blurred]),
      },
    ],
    data: {
      distances: [...distances],
      networks: curves.map(({ name, parameters, accuracy, consistency }) => ({
        name,
        parameters,
        accuracy: accuracy.map(({ values }) => [...values]),
        consistency: consistency.map(({ values }) => [...values]),
      })),
    },
  };
}
