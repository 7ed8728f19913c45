import type { AxisField, LayerField } from "../analyze/receptive-field.ts";
import type { LayerSummary, ModelSummary } from "../analyze/summarize.ts";
import type { Shape } from "../core/shape.ts";
import { type Align, drawTable } from "./draw-table.ts";
import { formatCount, formatPercent, formatScaled, formatShape } from "./format.ts";
import { visibleWidth } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export type SummaryColumn =
  | "output"
  | "params"
  | "mult-adds"
  | "field"
  | "kernel"
  | "input"
  | "percent"
  | "trainable"
  | "stride"
  | "memory";

interface Column {
  readonly head: string;
  readonly align: Align;
  /** @param whole whether what is in the layer is not shown, but added to it. */
  cell(layer: LayerSummary, whole: boolean, model: ModelSummary): string;
}

/** What torchinfo writes where there is nothing. */
const none = "--";

const countOr = (count: number): string => (count === 0 ? none : formatCount(count));
const ownOrAll = (layer: LayerSummary, whole: boolean): number =>
  whole ? layer.totalParameters : layer.parameters;

const trainableNames = new Map<LayerSummary["trainable"], string>([
  [true, "True"],
  [false, "False"],
  ["partial", "Partial"],
]);

/** By the names that an option calls them; those in front are left out last where there is no room. */
const columns: Readonly<Record<SummaryColumn, Column>> = {
  output: { head: "Output Shape", align: "left", cell: ({ outputShape }) => formatShape(outputShape) },
  params: {
    head: "Param #",
    align: "right",
    cell: (layer, whole) =>
      layer.repeated && layer.totalParameters > 0 ? "(recursive)" : countOr(ownOrAll(layer, whole)),
  },
  "mult-adds": {
    head: "Mult-Adds",
    align: "right",
    cell: ({ macs, container }, whole) => (container && !whole ? none : countOr(macs)),
  },
  field: {
    head: "Field",
    align: "right",
    cell: ({ field }) => (field ? formatField(field, fieldSize) : none),
  },
  kernel: {
    head: "Kernel Shape",
    align: "left",
    cell: ({ kernelShape }) => (kernelShape ? formatShape(kernelShape) : none),
  },
  input: { head: "Input Shape", align: "left", cell: ({ inputShape }) => formatShape(inputShape) },
  percent: {
    head: "Param %",
    align: "right",
    cell: (layer, whole, { parameters }) => {
      const count = layer.repeated ? 0 : ownOrAll(layer, whole);
      return count === 0 ? none : formatPercent(count / parameters);
    },
  },
  trainable: {
    head: "Trainable",
    align: "left",
    cell: ({ trainable }) => trainableNames.get(trainable) ?? none,
  },
  stride: {
    head: "Stride",
    align: "right",
    cell: ({ field }) => (field ? formatField(field, fieldStride) : none),
  },
  memory: { head: "Memory", align: "right", cell: ({ outputBytes }) => formatScaled(outputBytes, "B") },
};

export const columnNames: readonly SummaryColumn[] = Object.keys(columns) as SummaryColumn[];

/** torchinfo's order, then what it does not have. */
const usualOrder: readonly SummaryColumn[] = [
  "input",
  "output",
  "params",
  "percent",
  "kernel",
  "mult-adds",
  "trainable",
  "memory",
  "field",
  "stride",
];

/** A number for all axes, or one for each with × between. */
export function formatField({ axes }: Pick<LayerField, "axes">, show: (axis: AxisField) => string): string {
  const texts = axes.map(show);
  return texts.every((text) => text === texts[0]) ? (texts[0] ?? none) : texts.join("×");
}

/** The size, or that the only output element sees everything. */
export function fieldSize({ whole, size, outputs }: AxisField): string {
  return whole && outputs === 1 ? "all" : formatCount(size);
}

/** How far fields lie apart; below 1, as after upsampling, a fraction. */
export function fieldStride({ stride, outputs }: AxisField): string {
  if (outputs === 1) return none;
  if (Number.isInteger(stride)) return String(stride);
  const inverse = 1 / stride;
  return Math.abs(inverse - Math.round(inverse)) < 1e-9 ? `1/${Math.round(inverse)}` : stride.toFixed(2);
}

export interface SummaryView {
  readonly batch: number;
  readonly depth: number | undefined;
  readonly columns: readonly SummaryColumn[] | undefined;
}

/** A row a layer in the form of a tree, and the totals below. */
export function drawSummary(
  name: string,
  input: Shape,
  summary: ModelSummary,
  view: SummaryView,
  terminal: Terminal,
): string[] {
  const { depth = Number.POSITIVE_INFINITY, batch } = view;
  const layers = summary.layers.filter((layer) => layer.depth <= depth);
  const names = treeOf(layers);
  const draw = (chosen: readonly SummaryColumn[]): string[] => {
    const shown: readonly Column[] = chosen.map((each) => columns[each]);
    const rows = layers.map((layer, i) => {
      const whole = layer.depth === depth;
      return [names[i]!, ...shown.map((column) => column.cell(layer, whole, summary))];
    });
    const head = ["Layer (type:depth-idx)", ...shown.map((column) => column.head)];
    return drawTable([head, ...rows], ["left", ...shown.map(({ align }) => align)]);
  };
  const [heading, ...table] = view.columns ? draw(view.columns) : drawFitting(draw, terminal);
  const { style } = terminal;
  const images = batch === 1 ? "one input" : `${batch} inputs`;
  return [
    `${name} on ${images} of ${formatShape(input)}`,
    "",
    style.dim(heading!),
    ...table,
    "",
    ...drawTable(totals(summary), ["left", "right"]),
  ];
}

/** With as many columns as a person's terminal is wide enough for; all of them in a file. */
function drawFitting(
  draw: (chosen: readonly SummaryColumn[]) => string[],
  { interactive, columns: width }: Terminal,
): string[] {
  for (let count = columnNames.length; ; count--) {
    const kept = columnNames.slice(0, count);
    const lines = draw(usualOrder.filter((name) => kept.includes(name)));
    if (!interactive || count <= 2 || Math.max(...lines.map(visibleWidth)) <= width) return lines;
  }
}

/** `├─Conv2d (conv1): 1-1`, as torchinfo draws the layers. */
function treeOf(layers: readonly LayerSummary[]): string[] {
  return layers.map(({ type, depth, index, path, name }, i) => {
    if (depth === 0) return type;
    const outer = layers.slice(0, i).findLast((layer) => layer.depth < depth)?.path ?? "";
    const own = outer !== "" && path.startsWith(`${outer}.`) ? path.slice(outer.length + 1) : path;
    const again = name.slice(path.length);
    const label = `${type} (${own}${again}): ${depth}-${index}`;
    const lines = Array.from({ length: depth - 1 }, (_, d) => (isOpen(layers, i, d + 1) ? "│    " : "     "));
    return `${lines.join("")}${isOpen(layers, i, depth) ? "├─" : "└─"}${label}`;
  });
}

/** Whether another layer of this depth follows within the same one. */
function isOpen(layers: readonly LayerSummary[], from: number, depth: number): boolean {
  const next = layers.slice(from + 1).find((layer) => layer.depth <= depth);
  return next?.depth === depth;
}

function totals(summary: ModelSummary): string[][] {
  const { parameters, trainableParameters, buffers, macs } = summary;
  const { inputBytes, passBytes, parameterBytes } = summary;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
  return [
    ["Total params", formatCount(parameters)],
    ["Trainable params", formatCount(trainableParameters)],
    ["Non-trainable params", formatCount(parameters - trainableParameters)],
    ...(buffers > 0 ? [["Buffers", formatCount(buffers)]] : []),
    ["Total mult-adds", formatCount(macs)],
    ["Input size (MB)", megabytes(inputBytes)],
    ["Forward/backward pass size (MB)", megabytes(passBytes)],
    ["Params size (MB)", megabytes(parameterBytes)],
    ["Estimated total size (MB)", megabytes(inputBytes + passBytes + parameterBytes)],
  ];
}
