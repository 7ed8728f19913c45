import { ShapeError } from "../core/errors.ts";
import { encodePng } from "../io/png-encode.ts";
import { type ColorMap, colorize, rangeOf } from "./colors.ts";
import { contourSegments } from "./contours.ts";
import { drawFrame, type FrameOptions, type PlotArea, ticksOf } from "./frame.ts";
import { makeScale, type ScaleKind } from "./scale.ts";
import { element, faint, round, text } from "./svg.ts";

export interface HeatMapOptions extends FrameOptions {
  /** Row by row; the first row is drawn at the bottom where `yRange` grows upwards, and at the top without one. */
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
  /** The positions of the first and the last column; default their numbers. */
  readonly xRange?: readonly [first: number, last: number];
  /** The positions of the first and the last row. */
  readonly yRange?: readonly [first: number, last: number];
  readonly colors?: ColorMap;
  /** Whether colours follow the values or their logarithms. */
  readonly scale?: ScaleKind;
  /** Values along which lines are drawn. */
  readonly contours?: readonly number[];
}

/** A matrix as colours with a key beside it, as the text of an SVG file. */
export async function heatMap(options: HeatMapOptions): Promise<string> {
  const { values, rows, columns, colors = "viridis", scale = "linear", contours = [] } = options;
  if (values.length !== rows * columns) {
    throw new ShapeError("heatMap", `${values.length} values do not fill the rows and columns`, {
      grid: [rows, columns],
    });
  }
  const upwards = options.yRange !== undefined;
  const xRange = options.xRange ?? [0, columns - 1];
  const yRange = options.yRange ?? [0, rows - 1];
  const colored = Float64Array.from(values, (value) => (scale === "log" ? Math.log10(value) : value));
  const range = rangeOf(colored, colors);
  const bytes = colorize(upwards ? upsideDown(colored, rows, columns) : colored, { colors, range });
  const image = await pngAddress(bytes, columns, rows);
  const key = await pngAddress(
    colorize(keySteps, { colors, range: [0, keySteps.length - 1] }),
    1,
    keySteps.length,
  );
  const x = makeScale("linear", halfCellWider(xRange, columns), true);
  const y = makeScale("linear", halfCellWider(yRange, rows), true);
  const yTicks = ticksOf(y).map(([at, label]) => [upwards ? at : 1 - at, label] as const);
  const frame = { ...options, xTicks: ticksOf(x), yTicks, legend: [], right: 84, grid: false };
  return drawFrame(frame, (area) => [
    embedded(image, area),
    ...contours.map((level) => drawContour(values, rows, columns, level, upwards, area)),
    ...drawKey(key, range, scale, area),
  ]);
}

/** Cells have an extent, so the axis ends half a cell beyond the outermost positions. */
function halfCellWider([first, last]: readonly [number, number], count: number): [number, number] {
  const half = count > 1 ? (last - first) / (count - 1) / 2 : 0.5;
  return [first - half, last + half];
}

function upsideDown(values: Float64Array, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    turned.set(values.subarray(row * columns, (row + 1) * columns), (rows - 1 - row) * columns);
  }
  return turned;
}

/** Pixels as an address that holds them itself. */
async function pngAddress(rgb: Uint8Array, width: number, height: number): Promise<string> {
  const png = await encodePng({ width, height, channels: 3, data: rgb });
  let binary = "";
  for (const byte of png) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

function embedded(href: string, { left: x, top: y, width, height }: PlotArea): string {
  const style = "image-rendering: pixelated";
  return element("image", { x, y, width, height, preserveAspectRatio: "none", style, href });
}

function drawContour(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  level: number,
  upwards: boolean,
  area: PlotArea,
): string {
  const place = ([column, row]: readonly [number, number]): string => {
    const down = (row + 0.5) / rows;
    const px = area.left + ((column + 0.5) / columns) * area.width;
    return `${round(px)} ${round(area.top + (upwards ? 1 - down : down) * area.height)}`;
  };
  const segments = contourSegments(values, rows, columns, level);
  const path = segments.map(([from, to]) => `M${place(from)}L${place(to)}`).join("");
  return element("path", { d: path, fill: "none", stroke: "#ffffff", "stroke-opacity": 0.8 });
}

/** From the top of the key, where the greatest value is, downwards. */
const keySteps: Float64Array = Float64Array.from({ length: 64 }, (_, i) => 63 - i);

/** The column of colours on the right with its values. */
function drawKey(key: string, range: readonly [number, number], scale: ScaleKind, area: PlotArea): string[] {
  const x = area.left + area.width + 12;
  const ends = scale === "log" ? range.map((each) => 10 ** each) : range;
  const shown = makeScale(scale, ends, true);
  const labels = ticksOf(shown).map(([at, label]) =>
    text(x + 18, area.top + (1 - at) * area.height + 4, label, { "font-size": 10, fill: faint }),
  );
  return [embedded(key, { ...area, left: x, width: 14 }), ...labels];
}
