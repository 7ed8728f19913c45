import { colorOf, drawFrame, type FrameOptions, type PlotArea, ticksOf } from "./frame.ts";
import { makeScale, type Scale, type ScaleKind } from "./scale.ts";
import { element, round } from "./svg.ts";

export interface LineSeries {
  readonly name: string;
  /** In the order in which the curve passes them; those that are not finite interrupt it. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A range about the curve, such as a standard deviation. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
  /** Whether each point has a dot; default where there are at most 30. */
  readonly marks?: boolean;
  readonly dashed?: boolean;
}

export interface LineChartOptions extends FrameOptions {
  readonly series: readonly LineSeries[];
  readonly xScale?: ScaleKind;
  readonly yScale?: ScaleKind;
}

/** Curves in one frame, as the text of an SVG file. */
export function lineChart(options: LineChartOptions): string {
  const { series, xScale = "linear", yScale = "linear" } = options;
  const all = series.flatMap(({ points, band = [] }) => [
    ...points,
    ...band.flatMap(([at, low, high]) => [[at, low] as const, [at, high] as const]),
  ]);
  const shown = all.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const xs = shown.map(([x]) => x);
  const x = makeScale(xScale, xs, xScale === "linear");
  const y = makeScale(
    yScale,
    shown.map((point) => point[1]),
  );
  const named = series.map(({ name, dashed }, i) => ({ name, color: colorOf(i), ...(dashed && { dashed }) }));
  const legend = series.length > 1 ? named : [];
  return drawFrame({ ...options, xTicks: ticksOf(x), yTicks: ticksOf(y), legend }, (area) => {
    const place = placing(x, y, area);
    return [
      ...series.map((each, i) => drawBand(each, colorOf(i), place)),
      ...series.map((each, i) => drawCurve(each, colorOf(i), place)),
    ];
  });
}

type Place = (x: number, y: number) => readonly [x: number, y: number] | undefined;

/** Where a point lies in the picture; `undefined` where it has no place on a scale. */
function placing(x: Scale, y: Scale, area: PlotArea): Place {
  return (px, py) => {
    const [across, up] = [x.at(px), y.at(py)];
    if (!Number.isFinite(across) || !Number.isFinite(up)) return undefined;
    return [area.left + across * area.width, area.top + (1 - up) * area.height];
  };
}

function drawCurve({ points, marks, dashed }: LineSeries, color: string, place: Place): string {
  const placed = points.map(([x, y]) => place(x, y));
  const path = placed
    .map((point, i) => (point ? `${placed[i - 1] ? "L" : "M"}${round(point[0])} ${round(point[1])}` : ""))
    .join("");
  const dots =
    (marks ?? points.length <= 30)
      ? placed.flatMap((point) =>
          point ? [element("circle", { cx: point[0], cy: point[1], r: 3, fill: color })] : [],
        )
      : [];
  const stroke = { stroke: color, "stroke-width": 2, "stroke-linejoin": "round" };
  const dashes = dashed ? { "stroke-dasharray": "5 3" } : {};
  return element("path", { d: path, fill: "none", ...stroke, ...dashes }) + dots.join("");
}

function drawBand({ band = [] }: LineSeries, color: string, place: Place): string {
  const upper = band.map(([x, , high]) => place(x, high)).filter((point) => point !== undefined);
  const lower = band.map(([x, low]) => place(x, low)).filter((point) => point !== undefined);
  const outline = [...upper, ...lower.reverse()];
  if (outline.length < 3) return "";
  const points = outline.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
  return element("polygon", { points, fill: color, "fill-opacity": 0.15 });
}
