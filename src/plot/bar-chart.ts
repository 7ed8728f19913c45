import { colorOf, drawFrame, type FrameOptions, ticksOf } from "./frame.ts";
import { makeScale, type ScaleKind } from "./scale.ts";
import { element } from "./svg.ts";

export interface BarChartOptions extends FrameOptions {
  readonly categories: readonly string[];
  readonly series: readonly {
    readonly name: string;
    /** One for each category; those that are not finite have no bar. */
    readonly values: readonly number[];
  }[];
  readonly yScale?: ScaleKind;
}

/** Groups of bars side by side, one group a category, as the text of an SVG file. */
export function barChart(options: BarChartOptions): string {
  const { categories, series, yScale = "linear" } = options;
  const values = series.flatMap((each) => each.values);
  const y = makeScale(yScale, yScale === "linear" ? [0, ...values] : values);
  const xTicks = categories.map((name, i) => [(i + 0.5) / categories.length, name] as const);
  const named = series.map(({ name }, i) => ({ name, color: colorOf(i) }));
  const legend = series.length > 1 ? named : [];
  return drawFrame({ ...options, xTicks, yTicks: ticksOf(y), legend, grid: true }, (area) => {
    const slot = area.width / categories.length;
    const width = (slot * 0.8) / series.length;
    const zero = yScale === "linear" ? y.at(0) : 0;
    return series.flatMap((each, s) =>
      each.values.flatMap((value, i) => {
        const at = y.at(value);
        if (!Number.isFinite(at)) return [];
        const [low, high] = [Math.min(at, zero), Math.max(at, zero)];
        const x = area.left + slot * (i + 0.1) + width * s;
        const top = area.top + (1 - high) * area.height;
        return [element("rect", { x, y: top, width, height: (high - low) * area.height, fill: colorOf(s) })];
      }),
    );
  });
}
