import { barChart } from "../plot/bar-chart.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import type { Report } from "./report.ts";
import { type RotatedSizes, rotatedImages } from "./rotated-images.ts";
import { type Budget, measureOnRotated, type Outcome } from "./rotated-training.ts";
import { percent } from "./statistics.ts";

/** Networks of the registry with about as many parameters, by how finely they share filters between rotations. */
const networks = [
  { name: "z2cnn", title: "Z2CNN" },
  { name: "p4cnn", title: "P4CNN" },
  { name: "c8-steerable-cnn", title: "C8 steerable" },
] as const;

const sizes: RotatedSizes = { train: 10_000, validation: 2000, test: 10_000 };
const budget: Budget = { rates: [0.001, 0.003, 0.01], choosing: 3, final: 8 };

export const finerRotations: Experiment = {
  name: "finer-rotations",
  title: "Rotations by 45°: steerable filters against those of p4 and of the plane",
  claim:
    "Where images come at every angle, filters that are shared between turns by 45° generalize better than those that " +
    "are shared between quarter turns, at about as many parameters (Weiler, Cesa 2019, section 3).",
  data: "mnist",
  run: runFinerRotations,
};

async function runFinerRotations(context: LabContext): Promise<Report> {
  const { quick, seed } = context;
  context.progress("turning the images");
  const wanted = quick ? { train: 64, validation: 32, test: 64 } : sizes;
  const images = await rotatedImages(await context.load("mnist"), wanted, seed);
  const used = quick ? { ...budget, rates: budget.rates.slice(0, 1) } : budget;
  const outcomes: Outcome[] = [];
  for (const [i, { name, title }] of networks.entries()) {
    outcomes.push(await measureOnRotated(part(context, title, i, networks.length), name, images, used));
  }
  const [plane, p4, c8] = outcomes.map(({ error }) => error) as [
    Outcome["error"],
    Outcome["error"],
    Outcome["error"],
  ];
  return {
    summary:
      `After ${budget.final} epochs on ${images.all.length.toLocaleString("en")} turned images the steerable network on C8 ` +
      `errs on ${percent(c8)} of ${images.test.length.toLocaleString("en")} others, P4CNN on ${percent(p4)} and Z2CNN on ` +
      `${percent(plane)}.`,
    verdicts: [
      {
        statement: "Filters shared between turns by 45° err less than those shared between quarter turns",
        holds: c8.values.every((error, i) => error < p4.values[i]!),
        found: `${percent(c8)} against ${percent(p4)}`,
      },
      {
        statement: "Those err less than filters that are shared between no turns",
        holds: p4.values.every((error, i) => error < plane.values[i]!),
        found: `${percent(p4)} against ${percent(plane)}`,
      },
    ],
    tables: [
      {
        title: "Test error",
        head: ["network", "parameters", "learning rate", "test error", "changed by 90°", "training, s"],
        rows: outcomes.map(({ parameters, rate, error, turned, seconds }, i) => [
          networks[i]!.title,
          parameters.toLocaleString("en"),
          String(rate),
          percent(error),
          percent(turned),
          seconds.toFixed(0),
        ]),
        note:
          `Adam, one cycle, 128 images at a time, the learning rate of ${budget.rates.join(", ")} that did best on the ` +
          `validation images in ${budget.choosing} epochs. A short training: with the papers' budgets all err less.`,
      },
    ],
    pictures: [
      {
        name: "test-error",
        caption: "Test error.",
        svg: barChart({
          title: "Rotated MNIST, a short training",
          yLabel: "test error, %",
          categories: networks.map(({ title }) => title),
          series: [{ name: "test error", values: outcomes.map(({ error }) => 100 * error.mean) }],
        }),
      },
    ],
    data: Object.fromEntries(
      outcomes.map(({ parameters, tried, rate, error, turned, seconds }, i) => [
        networks[i]!.name,
        { parameters, tried, rate, errors: error.values, changedByTurning: turned.values, seconds },
      ]),
    ),
  };
}
