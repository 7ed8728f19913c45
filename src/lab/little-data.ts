import type { Dataset } from "../data/dataset.ts";
import { Random } from "../data/random.ts";
import type { ImageShape } from "../data/source.ts";
import { lenet5 } from "../models/lenet.ts";
import type { Module } from "../nn/module.ts";
import { lineChart } from "../plot/line-chart.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import { overSeeds } from "./over-seeds.ts";
import type { Report, Verdict } from "./report.ts";
import { convolutional, fullyConnected } from "./small-networks.ts";
import { errorBand, percent, points, type Statistics, statistics } from "./statistics.ts";
import { trainClassifier } from "./train-classifier.ts";

interface Network {
  readonly name: string;
  create(input: ImageShape, classes: number): Module;
}

/** LeNet-5 where its shapes fit, and else a network of the same kind. */
const convolution: Network = {
  name: "LeNet-5",
  create: (input, numClasses) =>
    input[1] === 28 && input[2] === 28
      ? lenet5({ numClasses, inChannels: input[0] })
      : convolutional(16, input, numClasses),
};

/** As many parameters as LeNet-5, and the 300 hidden units of the paper that LeNet-5 is from. */
const hiddenUnits = [77, 300] as const;
const fullyConnectedOnes: readonly Network[] = hiddenUnits.map((hidden) => ({
  name: `fully connected ${hidden}`,
  create: (input, classes) => fullyConnected(hidden, input, classes),
}));

const networks: readonly Network[] = [convolution, ...fullyConnectedOnes];
const counts = [100, 300, 1000, 3000, 10_000] as const;

export const littleData: Experiment = {
  name: "little-data",
  title: "Little data: what it is worth to know that images have neighbourhoods",
  claim:
    "A convolutional network need not learn that near pixels belong together and that a pattern may be anywhere, so that " +
    "it generalizes from fewer images than a fully connected one, and its advantage is the greater the fewer there are.",
  data: "mnist",
  seeds: 5,
  run: runLittleData,
};

/** The accuracies of one network by number of images. */
type Curve = readonly Statistics[];

async function runLittleData(context: LabContext): Promise<Report> {
  const { train, test } = await context.load("mnist");
  const sizes = context.quick ? [20, 60] : counts;
  const steps = context.quick ? 20 : 1000;
  const judged = context.quick ? test.subset({ end: 200 }) : test;
  const runs = await overSeeds(context, async (inner) => {
    const order = new Random(inner.seed, "split").permutation(train.length);
    const accuracies: number[][] = networks.map(() => []);
    for (const [s, size] of sizes.entries()) {
      // The smaller sets lie in the larger ones.
      const subset = train.subset(order.slice(0, size));
      for (const [n, network] of networks.entries()) {
        const text = `${size} images, ${network.name}`;
        const place = part(inner, text, s * networks.length + n, sizes.length * networks.length);
        accuracies[n]!.push(await trainOn(subset, judged, network, steps, place));
      }
    }
    return accuracies;
  });
  return describeRuns(sizes, steps, runs);
}

/** @param runs for each seed the accuracies by network and number of images. */
function describeRuns(
  sizes: readonly number[],
  steps: number,
  runs: readonly (readonly (readonly number[])[])[],
): Report {
  const curves = networks.map((_, n) => sizes.map((_, s) => statistics(runs.map((run) => run[n]![s]!))));
  const gains = fullyConnectedOnes.map((_, k) =>
    sizes.map((_, s) => statistics(runs.map((run) => run[0]![s]! - run[k + 1]![s]!))),
  );
  const worth = equalTo(sizes, curves);
  const verdicts = judge(sizes, gains, curves);
  return {
    summary: summarize(sizes, gains, worth, curves),
    verdicts,
    tables: [
      {
        title: "Test accuracy by training images",
        head: [
          "images",
          ...networks.map(({ name }) => name),
          ...hiddenUnits.map((units) => `gain over ${units}`),
        ],
        rows: sizes.map((size, s) => [
          size.toLocaleString("en"),
          ...curves.map((curve) => percent(curve[s]!)),
          ...gains.map((gain) => points(gain[s]!)),
        ]),
        note:
          `Every network makes ${steps.toLocaleString("en")} updates with 64 images each (Adam, one cycle), whatever the ` +
          "number of images. A gain is LeNet-5's; it is between networks that were trained on the same images.",
      },
      {
        title: "What LeNet-5 reaches with these images takes the others",
        head: ["images", "test accuracy", ...fullyConnectedOnes.map(({ name }) => name)],
        rows: sizes.map((size, s) => [
          size.toLocaleString("en"),
          percent(curves[0]![s]!),
          ...worth.map((needed) =>
            needed[s] === undefined
              ? `more than ${sizes.at(-1)!.toLocaleString("en")}`
              : Math.round(needed[s]!).toLocaleString("en"),
          ),
        ]),
        note: "Between two numbers of images, their logarithm is taken to change linearly with the accuracy.",
      },
    ],
    pictures: [
      {
        name: "error-by-images",
        caption: "Test error against training images; the bands are one standard deviation over the seeds.",
        svg: errorChart(sizes, curves),
      },
    ],
    data: {
      steps,
      images: sizes,
      networks: networks.map(({ name }, n) => ({
        name,
        accuracies: curves[n]!.map(({ values }) => values),
      })),
      needed: worth.map((needed) => needed.map((each) => each ?? null)),
    },
  };
}

async function trainOn(
  train: Dataset,
  test: Dataset,
  network: Network,
  steps: number,
  context: LabContext,
): Promise<number> {
  const create = (): Module => network.create(train.imageShape, train.classes.length);
  const trained = await trainClassifier(context, create, { train, test, steps });
  return trained.test.accuracy;
}

/** How many images each of the other networks needs for what the first reaches; undefined beyond the largest set. */
function equalTo(sizes: readonly number[], [first, ...others]: readonly Curve[]): (number | undefined)[][] {
  return others.map((curve) => first!.map(({ mean }) => imagesFor(mean, sizes, curve)));
}

function imagesFor(accuracy: number, sizes: readonly number[], curve: Curve): number | undefined {
  if (curve[0]!.mean >= accuracy) return sizes[0];
  for (let i = 1; i < sizes.length; i++) {
    const [low, high] = [curve[i - 1]!.mean, curve[i]!.mean];
    if (low > accuracy || high < accuracy) continue;
    return sizes[i - 1]! * (sizes[i]! / sizes[i - 1]!) ** ((accuracy - low) / (high - low));
  }
  return undefined;
}

function judge(sizes: readonly number[], gains: readonly Curve[], curves: readonly Curve[]): Verdict[] {
  const least = gains.flat().reduce((a, b) => (b.mean < a.mean ? b : a));
  const ratios = errorRatios(curves);
  const [fewest, most] = [sizes[0]!.toLocaleString("en"), sizes.at(-1)!.toLocaleString("en")];
  return [
    {
      statement: "The convolutional network is better for every number of images",
      holds: least.mean > 0,
      found: `a gain of at least ${points(least)}`,
    },
    {
      statement: `Its advantage is greater with ${fewest} images than with ${most}`,
      holds: gains.every((gain) => gain[0]!.mean > gain.at(-1)!.mean),
      found: gains.map((gain) => `${points(gain[0]!)} against ${points(gain.at(-1)!)}`).join("; "),
    },
    {
      statement: "So it is if the errors are divided and not subtracted",
      holds: ratios.every((ratio) => ratio[0]! > ratio.at(-1)!),
      found: ratios
        .map((ratio) => `${ratio[0]!.toFixed(2)} times the error against ${ratio.at(-1)!.toFixed(2)} times`)
        .join("; "),
    },
  ];
}

/** How many times the convolutional network's error each of the others makes. */
function errorRatios([first, ...others]: readonly Curve[]): number[][] {
  return others.map((curve) => curve.map(({ mean }, s) => (1 - mean) / (1 - first![s]!.mean)));
}

function summarize(
  sizes: readonly number[],
  gains: readonly Curve[],
  worth: readonly (readonly (number | undefined)[])[],
  curves: readonly Curve[],
): string {
  const [gain, needed, ratio] = [gains[0]!, worth[0]!, errorRatios(curves)[0]!];
  const at = needed.findLastIndex((each) => each !== undefined);
  const images = (count: number): string => Math.round(count).toLocaleString("en");
  const compared =
    at < 0
      ? "What it reaches with the fewest images the other one does not reach at all."
      : `What it reaches with ${images(sizes[at]!)} images takes the other one ${images(needed[at]!)}, ` +
        `${(needed[at]! / sizes[at]!).toFixed(1)} times as many.`;
  return (
    `Against a fully connected network with as many parameters, the convolutional one gains ${points(gain[0]!)} with ` +
    `${images(sizes[0]!)} images and ${points(gain.at(-1)!)} with ${images(sizes.at(-1)!)}; the other one makes ` +
    `${ratio[0]!.toFixed(1)} and ${ratio.at(-1)!.toFixed(1)} times its error there. ${compared}`
  );
}

function errorChart(sizes: readonly number[], curves: readonly Curve[]): string {
  return lineChart({
    title: "Test error by training images",
    xLabel: "training images",
    yLabel: "test error, %",
    xScale: "log",
    yScale: "log",
    series: networks.map(({ name }, n) => ({
      name,
      points: sizes.map((size, s) => [size, 100 * (1 - curves[n]![s]!.mean)]),
      band: sizes.map((size, s) => [size, ...errorBand(curves[n]![s]!)] as const),
    })),
  });
}
