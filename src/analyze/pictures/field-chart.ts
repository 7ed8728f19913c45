import { lineChart } from "../../plot/line-chart.ts";
import type { AxisField, LayerField } from "../receptive-field.ts";

/** The size of the field along the first axis, layer by layer, beside the input's own, as the text of an SVG file. */
export function fieldChart(name: string, fields: readonly LayerField[]): string {
  const local = fields.filter(({ container, axes }) => !container && axes.length > 0 && axes[0]!.outputs > 1);
  const shown = local.length > 0 ? local : fields;
  const points = (at: (axis: AxisField) => number): [number, number][] =>
    shown.map(({ axes }, i) => [i + 1, at(axes[0]!)]);
  const extent = shown[0]!.axes[0]!.extent;
  return lineChart({
    title: `Receptive fields of ${name}`,
    xLabel: "layers, in the order in which they run",
    yLabel: "pixels",
    series: [
      { name: "theoretical field", points: points(({ size }) => size) },
      { name: "through the narrowest way", points: points(({ least }) => least) },
      { name: "the image", points: points(() => extent), dashed: true },
    ],
  });
}
