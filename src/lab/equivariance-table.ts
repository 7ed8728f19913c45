import { type EquivarianceReport, equivariance } from "../analyze/equivariance/equivariance.ts";
import { shift, type Transformation } from "../analyze/equivariance/transformations.ts";
import { randomFields } from "../analyze/random-fields.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import type { Backend } from "../core/backend.ts";
import { AvgPool2d } from "../nn/avg-pool2d.ts";
import { BlurPool2d } from "../nn/blur-pool2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Linear } from "../nn/linear.ts";
import { MaxBlurPool2d } from "../nn/max-blur-pool2d.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { barChart } from "../plot/bar-chart.ts";
import { lineChart } from "../plot/line-chart.ts";
import type { Experiment, LabContext } from "./experiment.ts";
import type { Report } from "./report.ts";

const channels = 4;
const extent = 32;

/** What the theory says of a layer under a shift. */
type Law = "exact" | "exact inside" | "broken" | "invariant" | "not invariant";

interface Row {
  readonly layer: string;
  readonly create: () => Module;
  readonly transformation: Transformation;
  readonly law: Law;
}

const circle = { circular: true } as const;
const conv = (options: Record<string, unknown>): Module =>
  new Conv2d(channels, channels, 3, { padding: 1, ...options });
const round = { paddingMode: "circular" } as const;
const whole = (...before: Module[]): Module => new Sequential(...before, new GlobalAvgPool());

// biome-ignore format: the table of the theory
const rows: readonly Row[] = [
  { layer: "conv, circular padding", create: () => conv(round), transformation: shift(3, 5, circle), law: "exact" },
  { layer: "conv, zero padding", create: () => conv({}), transformation: shift(3, 5), law: "exact inside" },
  { layer: "conv, no padding", create: () => conv({ padding: 0 }), transformation: shift(3, 5), law: "exact" },
  { layer: "conv, stride 2, even shift", create: () => conv({ ...round, stride: 2 }), transformation: shift(2, 4, circle), law: "exact" },
  { layer: "conv, stride 2, odd shift", create: () => conv({ ...round, stride: 2 }), transformation: shift(3, 5, circle), law: "broken" },
  { layer: "max pooling, stride 2, even shift", create: () => new MaxPool2d(2), transformation: shift(2, 4, circle), law: "exact" },
  { layer: "max pooling, stride 2, odd shift", create: () => new MaxPool2d(2), transformation: shift(3, 5, circle), law: "broken" },
  { layer: "max pooling, stride 1", create: () => new MaxPool2d(3, { stride: 1 }), transformation: shift(3, 5), law: "exact" },
  { layer: "mean pooling, stride 2, odd shift", create: () => new AvgPool2d(2), transformation: shift(3, 5, circle), law: "broken" },
  { layer: "BlurPool, stride 2, even shift", create: () => new BlurPool2d(channels, { paddingMode: "circular" }), transformation: shift(2, 4, circle), law: "exact" },
  { layer: "BlurPool, stride 2, odd shift", create: () => new BlurPool2d(channels, { paddingMode: "circular" }), transformation: shift(3, 5, circle), law: "broken" },
  { layer: "ReLU, global mean", create: () => whole(new ReLU()), transformation: shift(3, 5, circle), law: "invariant" },
  { layer: "conv circular, ReLU, global mean", create: () => whole(conv(round), new ReLU()), transformation: shift(3, 5, circle), law: "invariant" },
  { layer: "conv zeros, ReLU, global mean", create: () => whole(conv({}), new ReLU()), transformation: shift(3, 5, circle), law: "not invariant" },
  { layer: "conv stride 2, ReLU, global mean, odd", create: () => whole(conv({ ...round, stride: 2 }), new ReLU()), transformation: shift(3, 5, circle), law: "not invariant" },
  { layer: "flatten, linear", create: () => new Sequential(new Flatten(), new Linear(channels * extent * extent, 16)), transformation: shift(2, 4, circle), law: "not invariant" },
];

export const equivarianceTable: Experiment = {
  name: "equivariance-table",
  title: "Equivariance by stride, padding and pooling",
  claim:
    "Convolution commutes with shifts: exactly with circular padding, up to the border with zeros; with stride s for " +
    "shifts divisible by s only. Pooling with a stride breaks it as strided convolution does, blurring softens the break, a " +
    "mean over all positions makes equivariance invariance, and a linear layer on positions keeps nothing.",
  run: runTable,
};

/** Differences that are nothing but the order of sums. */
const rounding = 1e-5;
/** Errors that are more than that. */
const noticeable = 1e-2;

interface Found {
  readonly row: Row;
  readonly error: number;
  readonly interiorError: number | undefined;
  readonly interiorShare: number;
  readonly verdict: string;
  readonly holds: boolean;
}

async function runTable(lab: LabContext): Promise<Report> {
  // Equal arithmetic at every position, whatever the backend in use does.
  const context = { ...lab, backend: createWasmBackend({ precision: "exact", threads: 1 }) };
  const found: Found[] = [];
  for (const [i, row] of rows.entries()) {
    context.signal.throwIfAborted();
    context.progress(row.layer, i, rows.length + 1);
    const [report] = await measure(context, row.create, [row.transformation]);
    found.push(judge(row, report!));
  }
  context.progress("curves", rows.length, rows.length + 1);
  const curves = await measureCurves(context);
  const wrong = found.filter(({ holds }) => !holds);
  const largest = (name: string): number => Math.max(...curves.find((curve) => curve.name === name)!.errors);
  return {
    summary:
      wrong.length === 0
        ? `All ${rows.length} statements hold: where the theory says exact, every bit of the interior is equal.`
        : `${rows.length - wrong.length} of ${rows.length} statements hold; not: ${wrong.map(({ row }) => row.layer).join(", ")}.`,
    verdicts: [
      ...found.map(({ row, holds, error, interiorError }) => ({
        statement: `${row.layer}, ${row.transformation.name}: ${row.law}`,
        holds,
        found: `error ${shown(error)}${interiorError === undefined ? "" : `, inside ${shown(interiorError)}`}`,
      })),
      {
        statement:
          "Max pooling with BlurPool errs less at odd shifts than max pooling alone, and with more taps less still",
        holds:
          largest("max pooling, BlurPool 3") < largest("max pooling") &&
          largest("max pooling, BlurPool 5") < largest("max pooling, BlurPool 3"),
        found: ["max pooling", "max pooling, BlurPool 3", "max pooling, BlurPool 5"]
          .map((name) => shown(largest(name)))
          .join(", "),
      },
    ],
    tables: [
      {
        title: "What a shift does to a layer",
        head: [
          "layer",
          "shift",
          "law",
          "error, all",
          "error, interior",
          "interior",
          "found on the graph",
          "holds",
        ],
        rows: found.map(({ row, error, interiorError, interiorShare, verdict, holds }) => [
          row.layer,
          row.transformation.name,
          row.law,
          shown(error),
          interiorError === undefined ? "–" : shown(interiorError),
          `${Math.round(100 * interiorShare)} %`,
          verdict,
          holds ? "yes" : "no",
        ]),
        note:
          `Random weights, two smooth random images of ${channels}×${extent}×${extent}. Error: ‖y(T x) − T y(x)‖ / ‖y(x)‖; of values without ` +
          "positions ‖y(T x) − y(x)‖ / ‖y(x)‖. 0 means equal bits. The last but one column is what arithmetic on the graph says.",
      },
    ],
    pictures: [
      {
        name: "error-by-layer",
        caption:
          "The errors of the table's rows, numbered from its top; where there is no bar, all bits are equal.",
        svg: barChart({
          title: "Error of equivariance",
          yLabel: "relative error",
          categories: found.map((_, i) => String(i + 1)),
          series: [
            { name: "all positions", values: found.map(({ error }) => error) },
            { name: "interior", values: found.map(({ interiorError }) => interiorError ?? 0) },
          ],
        }),
      },
      {
        name: "error-by-shift",
        caption:
          "Layers with a stride of 2 commute with even circular shifts only; blurring softens what odd ones do.",
        svg: lineChart({
          title: "Error by circular shift",
          xLabel: "shift, pixels",
          yLabel: "relative error",
          series: curves.map(({ name, errors }) => ({
            name,
            points: errors.map((error, by) => [by, error] as const),
          })),
        }),
      },
    ],
    data: {
      rows: found.map(({ row, interiorError, ...rest }) => ({
        layer: row.layer,
        shift: row.transformation.name,
        law: row.law,
        interiorError: interiorError ?? null,
        ...rest,
      })),
      curves: curves.map(({ name, errors }) => ({ name, errors })),
    },
  };
}

interface TableContext extends LabContext {
  readonly backend: Backend;
}

async function measure(
  { seed, signal, backend }: TableContext,
  create: () => Module,
  transformations: readonly Transformation[],
): Promise<EquivarianceReport[]> {
  manualSeed(seed);
  const images = randomFields(2, [channels, extent, extent], seed);
  return equivariance(create(), images, { transformations, layers: [""], backend, signal });
}

function judge(row: Row, { layers }: EquivarianceReport): Found {
  const { error, interiorError, interiorShare, verdict } = layers[0]!;
  const holds = {
    exact: interiorError === 0 && error === 0,
    "exact inside": interiorError === 0 && error > noticeable && interiorShare < 1,
    broken: error > noticeable,
    invariant: error < rounding,
    "not invariant": error > rounding,
  }[row.law];
  return { row, error, interiorError, interiorShare, verdict: verdict.text, holds };
}

/** Errors over circular shifts of 0 to 8 pixels. */
async function measureCurves(context: TableContext): Promise<{ name: string; errors: number[] }[]> {
  const pooled = (kernelSize: number): Module =>
    new MaxBlurPool2d(channels, 2, {}, { kernelSize, paddingMode: "circular" });
  const layers: readonly (readonly [name: string, create: () => Module])[] = [
    ["conv, stride 1", () => conv(round)],
    ["conv, stride 2", () => conv({ ...round, stride: 2 })],
    ["max pooling", () => new MaxPool2d(2)],
    ["max pooling, BlurPool 3", () => pooled(3)],
    ["max pooling, BlurPool 5", () => pooled(5)],
  ];
  const shifts = Array.from({ length: context.quick ? 2 : 9 }, (_, by) => shift(0, by, circle));
  const curves: { name: string; errors: number[] }[] = [];
  for (const [name, create] of layers) {
    const reports = await measure(context, create, shifts);
    curves.push({ name, errors: reports.map((report) => interiorOf(report)) });
  }
  return curves;
}

/** Of max pooling before a blur the last column meets the border, which is no matter of the stride. */
function interiorOf({ layers }: EquivarianceReport): number {
  return layers[0]!.interiorError ?? layers[0]!.error;
}

function shown(error: number): string {
  if (error === 0) return "0";
  return error < 1e-3 ? error.toExponential(1) : error.toFixed(3);
}
