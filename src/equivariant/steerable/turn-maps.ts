import { elementMatrix } from "../group.ts";
import type { FieldType } from "./field-type.ts";

export type Interpolation = "bilinear" | "bicubic";

/** A batch of maps, [batch, channels, size, size], held in float64. */
export interface Maps {
  readonly data: Float64Array;
  readonly batch: number;
  readonly channels: number;
  readonly size: number;
}

/** The centre of pixel i of a map, x to the right and y upwards, with the origin in the map's middle. */
export function pixel(i: number, size: number): readonly [x: number, y: number] {
  const centre = (size - 1) / 2;
  return [(i % size) - centre, centre - Math.floor(i / size)];
}

/** Where an element's inverse takes a point, by its matrix (which is orthogonal). */
export function inversePoint(
  { group }: FieldType,
  g: number,
  x: number,
  y: number,
): readonly [x: number, y: number] {
  const [a, b, c, d] = elementMatrix(group, group.elements[g]!);
  return [a * x + c * y, b * x + d * y];
}

/** (g f)(p) = ρ(g)·f(g⁻¹p) with f interpolated between the pixels; 0 outside. Quarter turns interpolate nothing. */
export function turnMaps(maps: Maps, type: FieldType, g: number, kind: Interpolation): Maps {
  const { data, batch, channels, size } = maps;
  const area = size * size;
  const turned = new Float64Array(data.length);
  const vector = new Float64Array(channels);
  for (let i = 0; i < area; i++) {
    const taps = interpolationTaps(...inversePoint(type, g, ...pixel(i, size)), size, kind);
    for (let n = 0; n < batch; n++) {
      for (let c = 0; c < channels; c++) {
        const start = (n * channels + c) * area;
        vector[c] = taps.reduce((sum, { index, weight }) => sum + weight * data[start + index]!, 0);
      }
      for (const [c, value] of type.act(g, vector).entries()) turned[(n * channels + c) * area + i] = value;
    }
  }
  return { ...maps, data: turned };
}

interface Tap {
  readonly index: number;
  readonly weight: number;
}

function interpolationTaps(x: number, y: number, size: number, kind: Interpolation): Tap[] {
  const centre = (size - 1) / 2;
  const rows = axisTaps(centre - y, size, kind);
  const columns = axisTaps(centre + x, size, kind);
  return rows.flatMap((row) =>
    columns.map((column) => ({ index: row.index * size + column.index, weight: row.weight * column.weight })),
  );
}

function axisTaps(at: number, size: number, kind: Interpolation): Tap[] {
  // Points that are pixels up to rounding are pixels.
  const whole = Math.round(at);
  const position = Math.abs(at - whole) < 1e-9 ? whole : at;
  const first = Math.floor(position);
  const weights = kind === "bilinear" ? linear(position - first) : cubic(position - first);
  const start = kind === "bilinear" ? first : first - 1;
  return weights
    .map((weight, i) => ({ index: start + i, weight }))
    .filter(({ index, weight }) => weight !== 0 && index >= 0 && index < size);
}

const linear = (t: number): number[] => [1 - t, t];

/** Keys's kernel with a = −1/2 (Cubic Convolution Interpolation for Digital Image Processing, 1981). */
function cubic(t: number): number[] {
  return [
    ((-t + 2) * t - 1) * t * 0.5,
    ((3 * t - 5) * t * t + 2) * 0.5,
    ((-3 * t + 4) * t + 1) * t * 0.5,
    (t - 1) * t * t * 0.5,
  ];
}
