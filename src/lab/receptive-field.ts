import { type EffectiveField, effectiveReceptiveField } from "../analyze/effective-receptive-field.ts";
import { fieldPicture } from "../analyze/pictures/field-picture.ts";
import { summarize } from "../analyze/summarize.ts";
import { encodePng } from "../io/png-encode.ts";
import { manualSeed } from "../nn/random.ts";
import { lineChart } from "../plot/line-chart.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import { buildStack, doublingStack, plainStack, type Stack, sizeByFormula, stacks } from "./field-stacks.ts";
import { type TrainedField, trainedFields } from "./field-training.ts";
import { overSeeds } from "./over-seeds.ts";
import type { Picture, Report, Verdict } from "./report.ts";
import { percent, type Statistics, statistics } from "./statistics.ts";

/** Channels of every layer, and the side of the inputs, in which the widest field has room (quick ones end sooner). */
const channels = 16;
const side = 65;
const quickSide = 33;

export const receptiveFields: Experiment = {
  name: "receptive-field",
  title: "Receptive fields: small kernels, dilation, and what is seen in effect",
  claim:
    "Two 3×3 convolutions see what one of 5×5 does with fewer parameters. Dilations that double make the field grow " +
    "exponentially with the layers. In effect the middle of the field decides: its width grows with the square root of " +
    "the depth, so that its share of the theoretical field shrinks, and training widens it.",
  data: "digits",
  seeds: 3,
  run: runReceptiveFields,
};

/** A stack as theory has it and as it was measured. */
interface Row {
  readonly stack: Stack;
  readonly parameters: number;
  readonly macs: number;
  readonly size: number;
  readonly taps: number;
  readonly effective: Statistics;
  readonly sigma: Statistics;
  readonly ratio: Statistics;
  /** The greatest gradient outside the theoretical field, by the greatest of all. */
  readonly outside: number;
  readonly field: EffectiveField;
}

async function runReceptiveFields(context: LabContext): Promise<Report> {
  const phase = (index: number): LabContext => part(context, phases[index]!, index, phases.length);
  const theory = phase(0);
  const rows: Row[] = [];
  for (const [i, stack] of Object.values(stacks).entries()) {
    rows.push(await measureStack(part(theory, stack.name, i, Object.keys(stacks).length), stack));
  }
  const growth = phase(1);
  const depths = context.quick ? [1, 2] : [1, 2, 4, 8, 16];
  const plain: Row[] = [];
  for (const [i, depth] of depths.entries()) {
    plain.push(await measureStack(part(growth, `depth ${depth}`, i, depths.length), plainStack(depth)));
  }
  const trained = await trainedFields(phase(2));
  const slope = logSlope(plain);
  return {
    summary: summaryOf(rows, plain, slope, trained),
    verdicts: verdictsOf(rows, plain, slope, trained),
    tables: [
      {
        title: "What stacks cost and see",
        head: [
          "stack",
          "parameters",
          "MACs per place",
          "field",
          "pixels in it",
          "effective field",
          "σ",
          "share",
        ],
        rows: rows.map((row) => [
          row.stack.name,
          row.parameters.toLocaleString("en"),
          Math.round(row.macs / row.field.values.length).toLocaleString("en"),
          `${row.size}×${row.size}`,
          `${row.taps}×${row.taps}`,
          scattered(row.effective),
          scattered(row.sigma),
          percent(row.ratio, 0),
        ]),
        note:
          `${channels} channels, ReLU between, random weights. Pixels in it: along an axis, those that reach the output. ` +
          "The effective field is the side of a square of as many pixels as have more than 4.55 % of the greatest " +
          "gradient, σ the standard deviation of the squared gradient along rows; the share is of the theoretical side.",
      },
      {
        title: "Depth",
        head: ["layers of 3×3", "field", "with dilations that double", "effective field", "σ", "share"],
        rows: plain.map((row) => {
          const depth = row.stack.layers.length;
          return [
            String(depth),
            String(row.size),
            sizeByFormula(doublingStack(depth)).toLocaleString("en"),
            scattered(row.effective),
            scattered(row.sigma),
            percent(row.ratio, 0),
          ];
        }),
        note: "The effective field and σ are those of the stack without dilation.",
      },
      {
        title: "Before and after training",
        head: ["network", "parameters", "field", "accuracy", "effective before", "effective after"],
        rows: trained.map((each) => [
          each.stack.name,
          each.parameters.toLocaleString("en"),
          String(each.size),
          percent(each.accuracy),
          scattered(each.before.size),
          scattered(each.after.size),
        ]),
        note: "Of the middle place of the last convolution, averaged over test images; behind it are a mean over all places and one linear layer.",
      },
    ],
    pictures: await picturesOf(rows, plain, slope, trained),
    data: {
      channels,
      side,
      slope,
      stacks: rows.map(rowRecord),
      depths: plain.map(rowRecord),
      training: trained.map(({ stack, parameters, size, accuracy, before, after }) => ({
        name: stack.name,
        parameters,
        size,
        accuracies: accuracy.values,
        before: before.size.values,
        after: after.size.values,
      })),
    },
  };
}

const phases = ["random weights", "depth", "training"] as const;

const rowRecord = ({ stack, parameters, macs, size, taps, effective, sigma, outside }: Row) => ({
  name: stack.name,
  layers: stack.layers.map((layer) => ({ ...layer })),
  parameters,
  macs,
  size,
  taps,
  effective: effective.values,
  sigma: sigma.values,
  outside,
});

async function measureStack(context: LabContext, stack: Stack): Promise<Row> {
  const { quick } = context;
  const shape = quick ? [channels, quickSide, quickSide] : [channels, side, side];
  const runs = await overSeeds(context, async ({ seed, signal }) => {
    manualSeed(seed);
    const model = buildStack(stack, channels);
    const options = { count: quick ? 1 : 16, seed, signal };
    const field = await effectiveReceptiveField(model, shape, options);
    const squared = quick
      ? field
      : await effectiveReceptiveField(model, shape, { ...options, measure: "squared" });
    return { model, field, sigma: squared.gaussian?.sigma[0] ?? 0 };
  });
  const { model, field } = runs[0]!;
  const { parameters, macs } = summarize(model, shape);
  const { size, taps } = field.layer.axes[0]!;
  return {
    stack,
    parameters,
    macs,
    size,
    taps,
    effective: statistics(runs.map((run) => run.field.size)),
    sigma: statistics(runs.map((run) => run.sigma)),
    ratio: statistics(runs.map((run) => run.field.ratio)),
    outside: Math.max(...runs.map((run) => run.field.outside / Math.max(...run.field.values))),
    field,
  };
}

/** The exponent p with which σ grows as depth^p, by least squares of the logarithms. */
function logSlope(rows: readonly Row[]): number {
  const points = rows.map(
    ({ stack, sigma }) => [Math.log(stack.layers.length), Math.log(sigma.mean)] as const,
  );
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}

const scattered = ({ mean, std, values }: Statistics): string =>
  values.length > 1 ? `${mean.toFixed(1)} ± ${std.toFixed(1)}` : mean.toFixed(1);

function verdictsOf(
  rows: readonly Row[],
  plain: readonly Row[],
  slope: number,
  trained: readonly TrainedField[],
): Verdict[] {
  const row = (stack: Stack): Row => rows.find((each) => each.stack === stack)!;
  const [two, five, three, seven] = [stacks.two, stacks.five, stacks.three, stacks.seven].map(row) as [
    Row,
    Row,
    Row,
    Row,
  ];
  const [four, doubling, gridding] = [stacks.four, stacks.doubling, stacks.gridding].map(row) as [
    Row,
    Row,
    Row,
  ];
  const all = [...rows, ...plain];
  const outside = Math.max(...all.map((each) => each.outside));
  const shares = plain.slice(1).map(({ ratio }) => ratio.mean);
  return [
    {
      statement: "Every field has the size 1 + Σ (k − 1) · d",
      holds: all.every((each) => each.size === sizeByFormula(each.stack)),
      found: all.map((each) => each.size).join(", "),
    },
    {
      statement:
        "Two 3×3 convolutions see what one of 5×5 does, and three what one of 7×7 does, with fewer parameters and MACs",
      holds: [[two, five] as const, [three, seven] as const].every(
        ([small, large]) =>
          small.size === large.size && small.parameters < large.parameters && small.macs < large.macs,
      ),
      found: `${share(two.parameters, five.parameters)} and ${share(three.parameters, seven.parameters)} of the parameters`,
    },
    {
      statement: "Dilations 1, 2, 4, 8 see 2⁵ − 1 pixels without a gap, at the cost of four plain layers",
      holds: doubling.size === 31 && doubling.taps === 31 && doubling.parameters === four.parameters,
      found: `${doubling.taps} of ${doubling.size} pixels instead of ${four.size}, ${doubling.parameters.toLocaleString("en")} parameters`,
    },
    {
      statement:
        "Equal dilations leave gaps (gridding): half of the pixels in the field never reach the output",
      holds: gridding.taps < gridding.size && unseen(gridding.field),
      found: `${gridding.taps} of ${gridding.size} along an axis; the gradient in the gaps is ${unseen(gridding.field) ? "0" : "not 0"}`,
    },
    {
      statement:
        "No gradient comes from outside the theoretical field, beyond what fast convolutions round (1e-5)",
      holds: outside < 1e-5,
      found: outside === 0 ? "exactly 0" : `at most ${outside.toExponential(1)} of the greatest`,
    },
    {
      statement:
        "The width of the effective field grows with the square root of the depth (exponent between 0.4 and 0.6)",
      holds: slope > 0.4 && slope < 0.6,
      found: `exponent ${slope.toFixed(2)}`,
    },
    {
      statement: "The effective field's share of the theoretical one shrinks with depth",
      holds: shares.length > 1 && shares.every((each, i) => i === 0 || each < shares[i - 1]!),
      found: shares.map((each) => `${(100 * each).toFixed(0)} %`).join(", "),
    },
    ...trained.map(({ stack, before, after }) => ({
      statement: `Training widens the effective field of ${stack.name}, with every seed`,
      holds: after.size.values.every((value, i) => value > before.size.values[i]!),
      found: `${scattered(before.size)} before, ${scattered(after.size)} after`,
    })),
  ];
}

/** Whether the places between the taps of dilation 2 have no gradient. */
function unseen({ values, columns, unit }: EffectiveField): boolean {
  return values.every((value, i) => {
    const odd = (Math.floor(i / columns) - unit[0]!) % 2 !== 0 || ((i % columns) - unit[1]!) % 2 !== 0;
    return !odd || value === 0;
  });
}

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(0)} %`;

function summaryOf(
  rows: readonly Row[],
  plain: readonly Row[],
  slope: number,
  trained: readonly TrainedField[],
): string {
  const deepest = plain.at(-1)!;
  const changes = trained.map(({ stack, before, after }) => {
    return `${stack.name}: from ${before.size.mean.toFixed(1)} to ${after.size.mean.toFixed(1)} pixels`;
  });
  return (
    `All ${rows.length + plain.length} fields are as the formula says. With random weights the effective width grows as ` +
    `depth^${slope.toFixed(2)}: ${deepest.stack.layers.length} layers of 3×3 see ${deepest.size} pixels, but those that ` +
    `matter fill a square of ${deepest.effective.mean.toFixed(1)}. Training changes the effective field of ${changes.join("; of ")}.`
  );
}

async function picturesOf(
  rows: readonly Row[],
  plain: readonly Row[],
  slope: number,
  trained: readonly TrainedField[],
): Promise<Picture[]> {
  const png = (field: EffectiveField): Promise<Uint8Array> => encodePng(fieldPicture(field));
  const legend =
    "White: the theoretical field; orange: above 4.55 %; cyan: two standard deviations; brightness: the root of the gradient.";
  const drawn = [
    ["two", "Two convolutions of 3×3, random weights."],
    ["five", "One convolution of 5×5, random weights: the same field, more evenly used."],
    ["four", "Four convolutions of 3×3."],
    ["doubling", "Four convolutions of 3×3 with dilations 1, 2, 4, 8: as many parameters."],
    [
      "gridding",
      "Four convolutions of 3×3 with dilation 2 each: three of four pixels in the field are not seen.",
    ],
  ] as const;
  const fields = await Promise.all(
    drawn.map(async ([key, caption], i): Promise<Picture> => {
      const row = rows.find(({ stack }) => stack === stacks[key])!;
      return {
        name: `field-${key}`,
        caption: i === 0 ? `${caption} ${legend}` : caption,
        png: await png(row.field),
      };
    }),
  );
  const learned = await Promise.all(
    trained.flatMap(({ key, stack, before, after }) => [
      png(before.field).then((bytes) => ({
        name: `${key}-before`,
        caption: `${stack.name} before training.`,
        png: bytes,
      })),
      png(after.field).then((bytes) => ({
        name: `${key}-after`,
        caption: `${stack.name} after training.`,
        png: bytes,
      })),
    ]),
  );
  return [
    {
      name: "width-by-depth",
      caption: `σ of the effective field by depth: it grows as depth^${slope.toFixed(2)}.`,
      svg: depthChart(plain),
    },
    ...fields,
    ...learned,
  ];
}

function depthChart(plain: readonly Row[]): string {
  const at = (value: (row: Row) => number): [number, number][] =>
    plain.map((row) => [row.stack.layers.length, value(row)]);
  const first = plain[0]!.sigma.mean;
  return lineChart({
    title: "What n layers of 3×3 see",
    xLabel: "layers",
    yLabel: "pixels",
    xScale: "log",
    yScale: "log",
    series: [
      { name: "theoretical field", points: at(({ size }) => size) },
      { name: "effective field", points: at(({ effective }) => effective.mean) },
      { name: "σ", points: at(({ sigma }) => sigma.mean) },
      {
        name: "√n times σ of one layer",
        points: at(({ stack }) => first * Math.sqrt(stack.layers.length)),
        dashed: true,
      },
    ],
  });
}
