import type { EffectiveField } from "../analyze/effective-receptive-field.ts";
import type { AxisField, LayerField } from "../analyze/receptive-field.ts";
import type { Shape } from "../core/shape.ts";
import { fieldSize, fieldStride, formatField } from "./draw-summary.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatPercent, formatShape } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** A row a layer: what its elements see of each axis of the input. */
export function drawFields(
  name: string,
  input: Shape,
  fields: readonly LayerField[],
  { style }: Terminal,
): string[] {
  const rows = fields.map((field) => {
    const show = (text: (axis: AxisField) => string): string => formatField(field, text);
    const place = (at: (axis: AxisField) => number): string =>
      show((axis) => (axis.outputs === 1 ? "--" : String(at(axis))));
    return [
      field.name === "" ? "(output)" : field.name,
      field.type,
      formatShape(field.outputShape.slice(1)),
      show(fieldSize),
      show(fieldStride),
      place(({ pad }) => pad),
      show(({ least }) => formatCount(least)),
      show(({ most }) => formatCount(most)),
      show(({ taps }) => formatCount(taps)),
    ];
  });
  const head = ["layer", "type", "output shape", "size", "stride", "pad", "narrowest", "widest", "taps"];
  const [heading, ...table] = drawTable(
    [head, ...rows],
    ["left", "left", "left", "right", "right", "right", "right", "right", "right"],
  );
  return [`${name} on one input of ${formatShape(input)}`, "", style.dim(heading!), ...table];
}

/** What was measured of one place. */
export function drawEffectiveField(
  name: string,
  input: Shape,
  field: EffectiveField,
  photographs: boolean,
): string[] {
  const { layer, unit, gaussian, images, size, ratio, places, outside, theoretical } = field;
  const each = (numbers: readonly number[]): string => numbers.map((number) => number.toFixed(2)).join(", ");
  const oneAxis = theoretical.length === 1;
  const shown = (pair: readonly [number, number]): readonly number[] => (oneAxis ? [pair[1]] : pair);
  const seen = theoretical.map((range) => (range ? `${range[0]} to ${range[1]}` : "nothing")).join(", ");
  const of = `${images} ${photographs ? "images" : "random inputs"}`;
  return [
    `${name} on inputs of ${formatShape(input)}: ${layer.name === "" ? "the output" : `layer ${layer.name}`}, place ${unit.join(", ")}`,
    "",
    ...drawTable(
      [
        ["theoretical size", formatField(layer, ({ size: all }) => formatCount(all))],
        ["pixels in it", `${seen}${field.cut ? " (cut by the border)" : ""}`],
        ["effective size", `${size.toFixed(1)} (${formatCount(places)} pixels above 4.55% of the greatest)`],
        ["ratio", formatPercent(ratio, 1)],
        ...(gaussian
          ? [
              ["centre of mass", each(shown(gaussian.mean))],
              ["standard deviation", each(shown(gaussian.sigma))],
              [
                "normal distribution",
                `explains ${formatPercent(gaussian.explained, 1)} of the variation (moments)`,
              ],
            ]
          : []),
        ["greatest outside", outside === 0 ? "0" : outside.toExponential(1)],
        ["averaged over", of],
      ],
      ["left", "left"],
    ),
  ];
}
