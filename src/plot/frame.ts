import { seriesColors } from "./colors.ts";
import { type Scale, tickLabel } from "./scale.ts";
import { element, faint, hairline, ink, line, picture, text, textWidth } from "./svg.ts";

export interface FrameOptions {
  readonly title: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Pixels of the whole picture; default 640 × 400. */
  readonly width?: number;
  readonly height?: number;
}

/** The rectangle in which a chart draws, in pixels of the picture. */
export interface PlotArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What stands at the places of an axis: `at` is between 0 and 1. */
export type AxisTick = readonly [at: number, label: string];

export interface Frame extends FrameOptions {
  readonly xTicks: readonly AxisTick[];
  readonly yTicks: readonly AxisTick[];
  /** Names beside their colours; none for a chart of one curve. */
  readonly legend: readonly LegendEntry[];
  /** Room on the right for what the chart itself draws there. */
  readonly right?: number;
  /** Whether lines lead from the ticks through the chart. */
  readonly grid?: boolean;
}

export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
}

/** A chart's title, axes and legend around what `draw` makes of the area that is left. */
export function drawFrame(frame: Frame, draw: (area: PlotArea) => readonly string[]): string {
  const { title, xLabel, yLabel, width = 640, height = 400, xTicks, yTicks, grid = true } = frame;
  const rows = legendRows(frame.legend, width - 40);
  const tickWidth = Math.max(0, ...yTicks.map(([, label]) => textWidth(label, 11)));
  const left = 16 + (yLabel === undefined ? 0 : 20) + tickWidth + 8;
  const top = 44 + rows.length * 18;
  const bottom = 30 + (xLabel === undefined ? 0 : 20);
  const area: PlotArea = {
    left,
    top,
    width: width - left - (frame.right ?? 20),
    height: height - top - bottom,
  };
  const [endX, endY] = [area.left + area.width, area.top + area.height];
  const axes = [
    ...xTicks.flatMap(([at, label]) => {
      const x = area.left + at * area.width;
      const mark = grid ? line(x, area.top, x, endY, hairline) : "";
      return [mark, text(x, endY + 16, label, { "text-anchor": "middle", "font-size": 11, fill: faint })];
    }),
    ...yTicks.flatMap(([at, label]) => {
      const y = endY - at * area.height;
      const mark = grid ? line(area.left, y, endX, y, hairline) : "";
      return [
        mark,
        text(area.left - 6, y + 4, label, { "text-anchor": "end", "font-size": 11, fill: faint }),
      ];
    }),
  ];
  const middle = area.top + area.height / 2;
  const labels = [
    text(20, 26, title, { "font-size": 15, "font-weight": 600 }),
    xLabel === undefined
      ? ""
      : text(area.left + area.width / 2, height - 12, xLabel, { "text-anchor": "middle" }),
    yLabel === undefined
      ? ""
      : text(0, 0, yLabel, { "text-anchor": "middle", transform: `translate(20 ${middle}) rotate(-90)` }),
  ];
  const border = element("rect", {
    x: area.left,
    y: area.top,
    width: area.width,
    height: area.height,
    fill: "none",
    stroke: "#b8c0c8",
  });
  return picture(width, height, title, ...axes, ...draw(area), border, ...labels, ...rows.flat());
}

/** The ticks of a scale with their labels. */
export function ticksOf({ ticks, at }: Scale): AxisTick[] {
  return ticks.map((tick) => [at(tick), tickLabel(tick)]);
}

/** The colour of the series at a position. */
export function colorOf(index: number): string {
  return seriesColors[index % seriesColors.length]!;
}

/** Entries side by side under the title, in as many rows as they need. */
function legendRows(entries: readonly LegendEntry[], room: number): string[][] {
  const rows: string[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const { name, color, dashed } of entries) {
    const width = 26 + textWidth(name) + 18;
    if (x + width > room + 20) {
      rows.push([]);
      x = 20;
    }
    const y = 36 + rows.length * 18 - 8;
    const stroke = { stroke: color, "stroke-width": 3, "stroke-dasharray": dashed ? "5 3" : undefined };
    rows
      .at(-1)!
      .push(
        element("line", { x1: x, y1: y + 4, x2: x + 18, y2: y + 4, ...stroke }),
        text(x + 24, y + 8, name, { fill: ink }),
      );
    x += width;
  }
  return rows;
}
