import { barChart } from "../plot/bar-chart.ts";
import { lineChart } from "../plot/line-chart.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import type { Report, Verdict } from "./report.ts";
import { type RotatedImages, type RotatedSizes, rotatedImages } from "./rotated-images.ts";
import { type Budget, measureOnRotated, type Outcome } from "./rotated-training.ts";
import { percent, points, type Statistics, statistics } from "./statistics.ts";

/** Networks of the registry, with the paper's error in percent and how far its runs scatter. */
const networks = [
  { name: "z2cnn", title: "Z2CNN", published: 5.03, scatter: 0.002 },
  { name: "p4cnn", title: "P4CNN", published: 2.28, scatter: 0.0004 },
] as const;

/** The paper's data set: 10,000 images to train with, 2,000 to choose the learning rate by, and 50,000. */
const sizes: RotatedSizes = { train: 10_000, validation: 2000, test: 50_000 };
const budget: Budget = { rates: [0.001, 0.003, 0.01], choosing: 5, final: 60 };

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

async function runRotatedMnist(context: LabContext): Promise<Report> {
  const { quick, seed } = context;
  context.progress("turning the images");
  const wanted = quick ? { train: 128, validation: 64, test: 128 } : sizes;
  const images = await rotatedImages(await context.load("mnist"), wanted, seed);
  const outcomes: Outcome[] = [];
  for (const [i, { name, title }] of networks.entries()) {
    outcomes.push(await measureOnRotated(part(context, title, i, networks.length), name, images, budget));
  }
  return reportOn(outcomes as [Outcome, Outcome], images);
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
          `Adam, one cycle, ${budget.final} epochs with 128 images at a time on all ${all.length.toLocaleString("en")} images; ` +
          "the scatter is over initial values and orders of the same images. “Changed by 90°” is the share of test " +
          "images to which the network gives another class when they are turned.",
      },
      {
        title: "Choice of the learning rate",
        head: ["learning rate", ...networks.map(({ title }) => title)],
        rows: budget.rates.map((rate, r) => [
          String(rate),
          ...outcomes.map(({ tried }) => `${(100 * (1 - tried[r]![1])).toFixed(2)} %`),
        ]),
        note: `Error on the validation images after ${budget.choosing} epochs on the training images alone.`,
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
