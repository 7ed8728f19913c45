import { compareFullyConnected } from "../analyze/compare-fully-connected.ts";
import { sizeOf } from "../core/shape.ts";
import type { ImageShape } from "../data/source.ts";
import { requireEntry } from "../models/registry.ts";
import type { Module } from "../nn/module.ts";
import { lineChart } from "../plot/line-chart.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import { overSeeds } from "./over-seeds.ts";
import type { Report, Table } from "./report.ts";
import { convolutional, fullyConnected } from "./small-networks.ts";
import { errorBand, percent, type Statistics, statistics } from "./statistics.ts";
import { type TrainingRecipe, trainClassifier } from "./train-classifier.ts";

/** Networks of one kind, from small to large. */
interface Family {
  readonly name: string;
  /** Hidden units, or maps of the first layer. */
  readonly sizes: readonly number[];
  create(size: number, input: ImageShape, classes: number): Module;
}

const families: readonly Family[] = [
  { name: "fully connected", sizes: [2, 4, 8, 16, 32, 64, 128, 256], create: fullyConnected },
  { name: "convolutional", sizes: [1, 2, 4, 8, 16], create: convolutional },
];

interface Point {
  readonly size: number;
  readonly parameters: number;
  readonly accuracy: Statistics;
}

export const parameterSharing: Experiment = {
  name: "parameter-sharing",
  title: "Parameter sharing: convolution against full connection at equal accuracy",
  claim:
    "A convolution uses one kernel at every position, so that it needs many times fewer parameters than a fully " +
    "connected network for the same accuracy on images.",
  data: "mnist",
  seeds: 3,
  run: runParameterSharing,
};

async function runParameterSharing(context: LabContext): Promise<Report> {
  const { train, test } = await context.load("mnist");
  const recipe: TrainingRecipe = context.quick
    ? { train: train.subset({ end: 400 }), test: test.subset({ end: 200 }), steps: 20 }
    : { train, test, epochs: 3 };
  const curves: Point[][] = [];
  for (const [index, family] of families.entries()) {
    curves.push(await measureFamily(part(context, family.name, index, families.length), family, recipe));
  }
  const [dense, shared] = curves as [Point[], Point[]];
  const ratios = ratiosAtEqualAccuracy(dense, shared);
  const least = Math.min(...ratios.map(({ ratio }) => ratio));
  const layers = sharingTable();
  return {
    summary:
      ratios.length === 0
        ? "No accuracy is reached by both families, so that there is nothing to compare."
        : `Where both families reach the same accuracy, the fully connected one needs ${least.toFixed(0)} to ` +
          `${Math.max(...ratios.map(({ ratio }) => ratio)).toFixed(0)} times as many parameters.`,
    verdicts: [
      {
        statement: "At every accuracy that both families reach, the convolutional one needs fewer parameters",
        holds: ratios.length > 0 && least > 1,
        found: ratios.length === 0 ? "no common accuracy" : `at least ${least.toFixed(1)} times fewer`,
      },
    ],
    tables: [
      {
        title: "Accuracy by parameters",
        head: ["family", "size", "parameters", "test accuracy"],
        rows: families.flatMap(({ name }, i) =>
          curves[i]!.map(({ size, parameters, accuracy }) => [
            name,
            String(size),
            parameters.toLocaleString("en"),
            percent(accuracy),
          ]),
        ),
        note: "Size: hidden units, or maps of the first convolution.",
      },
      {
        title: "Parameters at equal accuracy",
        head: ["test accuracy", "fully connected", "convolutional", "ratio"],
        rows: ratios.map(({ accuracy, dense: many, shared: few, ratio }) => [
          `${(100 * accuracy).toFixed(1)} %`,
          Math.round(many).toLocaleString("en"),
          Math.round(few).toLocaleString("en"),
          ratio.toFixed(1),
        ]),
        note: "Between two sizes, the logarithm of the parameters is taken to change linearly with the accuracy.",
      },
      layers,
    ],
    pictures: [
      {
        name: "error-by-parameters",
        caption:
          "Test error against parameters, both on logarithmic axes; the bands are one standard deviation.",
        svg: errorChart(curves),
      },
    ],
    data: {
      fullyConnected: dense.map(pointJson),
      convolutional: shared.map(pointJson),
      ratios: ratios.map((each) => ({ ...each })),
    },
  };
}

function errorChart(curves: readonly (readonly Point[])[]): string {
  return lineChart({
    title: "Test error by parameters",
    xLabel: "parameters",
    yLabel: "test error, %",
    xScale: "log",
    yScale: "log",
    series: families.map(({ name }, i) => ({
      name,
      points: curves[i]!.map(({ parameters, accuracy: { mean } }) => [parameters, 100 * (1 - mean)]),
      band: curves[i]!.map(({ parameters, accuracy }) => [parameters, ...errorBand(accuracy)] as const),
    })),
  });
}

const pointJson = ({ size, parameters, accuracy }: Point) => ({
  size,
  parameters,
  accuracies: accuracy.values,
  mean: accuracy.mean,
  std: accuracy.std,
});

async function measureFamily(context: LabContext, family: Family, recipe: TrainingRecipe): Promise<Point[]> {
  const { train } = recipe;
  const sizes = context.quick ? family.sizes.slice(0, 2) : family.sizes;
  const points: Point[] = [];
  for (const [index, size] of sizes.entries()) {
    const create = (): Module => family.create(size, train.imageShape, train.classes.length);
    const runs = await overSeeds(part(context, `size ${size}`, index, sizes.length), async (inner) => {
      const { parameters, test } = await trainClassifier(inner, create, recipe);
      return { parameters, accuracy: test.accuracy };
    });
    points.push({
      size,
      parameters: runs[0]!.parameters,
      accuracy: statistics(runs.map(({ accuracy }) => accuracy)),
    });
  }
  return points;
}

interface Ratio {
  readonly accuracy: number;
  readonly dense: number;
  readonly shared: number;
  readonly ratio: number;
}

/** The parameters that both families need, at every half percent that both of them cross. */
function ratiosAtEqualAccuracy(dense: readonly Point[], shared: readonly Point[]): Ratio[] {
  const ratios: Ratio[] = [];
  for (let halves = 0; halves <= 200; halves++) {
    const accuracy = halves / 200;
    const [many, few] = [parametersFor(dense, accuracy), parametersFor(shared, accuracy)];
    if (many === undefined || few === undefined) continue;
    ratios.push({ accuracy, dense: many, shared: few, ratio: many / few });
  }
  return ratios;
}

/** Where the curve first rises through `accuracy`, if it does so between two of its points. */
function parametersFor(points: readonly Point[], accuracy: number): number | undefined {
  for (const [i, right] of points.entries()) {
    const left = points[i - 1];
    if (!left || left.accuracy.mean > accuracy || right.accuracy.mean < accuracy) continue;
    const share = (accuracy - left.accuracy.mean) / (right.accuracy.mean - left.accuracy.mean);
    return left.parameters * (right.parameters / left.parameters) ** share;
  }
  return undefined;
}

/** What sharing saves in the convolutions of two networks, by arithmetic. */
function sharingTable(): Table {
  const rows = [
    ...layerRows("lenet5", [1, 28, 28], Number.POSITIVE_INFINITY),
    ...layerRows("vgg16", [3, 224, 224], 4),
  ];
  return {
    title: "What sharing saves in a layer",
    head: ["layer", "input", "output", "convolution", "unshared", "fully connected", "ratio"],
    rows,
    note:
      "Parameters of the layer as it is; with a kernel of its own at every position (locally connected); and with a " +
      "weight for each pair of an input and an output. The ratio is fully connected / convolution.",
  };
}

function layerRows(name: string, shape: ImageShape, most: number): string[][] {
  const { layers } = compareFullyConnected(requireEntry(name).create(), shape);
  return layers.slice(0, most).map(({ name: path, inputShape, outputShape, convolution, fullyConnected }) => {
    const [shared, dense] = [convolution.parameters, fullyConnected.parameters];
    const unshared = shared * BigInt(sizeOf(outputShape.slice(1)));
    return [
      `${name} ${path}`,
      inputShape.join("×"),
      outputShape.join("×"),
      ...[shared, unshared, dense].map((each) => each.toLocaleString("en")),
      Math.round(Number(dense) / Number(shared)).toLocaleString("en"),
    ];
  });
}
