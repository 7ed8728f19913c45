import type { EquivarianceReport, LayerEquivariance } from "../analyze/equivariance/equivariance.ts";
import { encodePng } from "../io/png-encode.ts";
import { colorize } from "../plot/colors.ts";
import { type LineSeries, lineChart } from "../plot/line-chart.ts";
import { drawTable } from "./draw-table.ts";
import { formatMany, formatPercent, formatShape } from "./format.ts";
import type { Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** The table of one transformation, and what becomes of the output. */
export function drawReport(
  { transformation, layers, invarianceError, consistency }: EquivarianceReport,
  name: string,
  images: string,
  { style }: Terminal,
): string[] {
  const rows = layers.map((layer) => [
    layer.name === "" ? "(network)" : layer.name,
    layer.type,
    formatShape(layer.shape),
    formatError(layer.error),
    layer.law === "invariance" || layer.interiorError === undefined ? "" : formatError(layer.interiorError),
    layer.law === "invariance" ? "" : formatPercent(layer.interiorShare, 0),
    layer.verdict.text,
  ]);
  const head = ["layer", "type", "output", "error", "inside", "interior", "theory"];
  const align = ["left", "left", "left", "right", "right", "right", "left"] as const;
  const [heading, ...table] = drawTable([head, ...rows], align);
  return [
    `${name} under ${transformation.name}, ${images}`,
    "",
    style.dim(heading!),
    ...table.map((line, i) => emphasized(line, layers[i]!, style)),
    "",
    `The output: ‖f(T x) − f(x)‖ / ‖f(x)‖ = ${formatError(invarianceError)}; its largest element stays for ${formatPercent(consistency, 0)} of the images.`,
    "",
  ];
}

function emphasized(line: string, { verdict }: LayerEquivariance, style: Style): string {
  if (verdict.kind === "exact" || verdict.kind === "invariant")
    return line.replace(verdict.text, (text) => style.good(text));
  return verdict.kind === "none" ? line.replace(verdict.text, (text) => style.bad(text)) : line;
}

/** 0 for equal bits; a dash where nothing can be compared. */
function formatError(error: number): string {
  if (!Number.isFinite(error)) return "–";
  if (error === 0) return "0";
  return error < 1e-3 ? error.toExponential(1) : error.toPrecision(3);
}

/** A report without the pictures in it. */
export function reportJson({ layers, ...rest }: EquivarianceReport): unknown {
  return { ...rest, layers: layers.map(({ errorMap: _, ...layer }) => layer) };
}

/** At most this many layers are drawn as curves, or as maps. */
const mostCurves = 6;
const mostMaps = 24;

/** Errors of some layers and of the output over the shifts or angles of the reports. */
export function drawErrorCurve(reports: readonly EquivarianceReport[], title: string): string {
  const first = reports[0]!;
  const along = (report: EquivarianceReport): number => {
    const { transformation } = report;
    if (transformation.kind === "rotation") return transformation.angle;
    if (transformation.kind === "symmetry") return transformation.element.rotation;
    return Math.max(Math.abs(transformation.dy), Math.abs(transformation.dx));
  };
  const curve = (errorOf: (report: EquivarianceReport) => number): LineSeries["points"] =>
    reports.map((report) => [along(report), errorOf(report)]);
  const maps = first.layers.flatMap(({ law }, i) => (law === "equivariance" ? [i] : []));
  const chosen = spread(maps, mostCurves);
  return lineChart({
    title,
    xLabel: first.transformation.kind === "rotation" ? "degrees" : "pixels",
    yLabel: "relative error",
    series: [
      ...chosen.map((i) => ({
        name: `${first.layers[i]!.name} (${formatShape(first.layers[i]!.shape)})`,
        points: curve(({ layers }) => layers[i]!.error),
      })),
      {
        name: "output, against the output unmoved",
        points: curve((report) => report.invarianceError),
        dashed: true,
      },
    ],
  });
}

/** `count` of some things at even distances, the last one among them. */
function spread<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.round((i * (list.length - 1)) / (count - 1))]!);
}

const tile = 112;
const gap = 6;
const columns = 6;

/** The logarithms of errors that the colours run between. */
const range = [-6, 0.5] as const;

/** Error maps of layers in reading order, from equal bits (darkest) over 10⁻⁶ to errors as large as the map (lightest). */
export async function drawErrorMaps({ layers }: EquivarianceReport): Promise<Uint8Array> {
  const maps = spread(
    layers.filter(({ law }) => law === "equivariance"),
    mostMaps,
  ).map(({ errorMap }) => errorMap);
  const rows = Math.ceil(maps.length / columns);
  const width = Math.min(columns, maps.length) * (tile + gap) + gap;
  const height = rows * (tile + gap) + gap;
  const data = new Uint8Array(3 * width * height).fill(255);
  maps.forEach((map, i) => {
    const logs = Float32Array.from(map.values, (value) => Math.max(Math.log10(value), range[0]));
    const colors = colorize(logs, { range });
    const [top, left] = [gap + Math.floor(i / columns) * (tile + gap), gap + (i % columns) * (tile + gap)];
    for (let y = 0; y < tile; y++) {
      for (let x = 0; x < tile; x++) {
        const from = Math.floor((y * map.height) / tile) * map.width + Math.floor((x * map.width) / tile);
        data.set(colors.subarray(3 * from, 3 * from + 3), 3 * ((top + y) * width + left + x));
      }
    }
  });
  return encodePng({ width, height, channels: 3, data });
}

/** Which layers {@link drawErrorMaps} shows, in its order. */
export function mapNames({ layers }: EquivarianceReport): string {
  const names = spread(
    layers.filter(({ law }) => law === "equivariance"),
    mostMaps,
  ).map(({ name }) => name);
  return `${formatMany(names.length, "map")} in reading order: ${names.join(", ")}`;
}
