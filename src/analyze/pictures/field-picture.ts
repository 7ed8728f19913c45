import type { Image } from "../../io/image.ts";
import { colorize } from "../../plot/colors.ts";
import { type EffectiveField, effectiveThreshold } from "../effective-receptive-field.ts";

export interface FieldPictureOptions {
  /** Pixels for one place of the input; default as many as make the picture at least 448 pixels wide. */
  readonly zoom?: number | undefined;
}

const white = [255, 255, 255] as const;
const orange = [255, 140, 0] as const;
const cyan = [0, 229, 255] as const;

/** The least width, or height, of a picture without a zoom of its own. */
const usualSide = 448;

/**
 * How much each place decides, from dark to bright by its square root (few places are bright): the theoretical field in a
 * white frame, places above the threshold within an orange line, and two standard deviations of the normal distribution
 * as a cyan ellipse.
 */
export function fieldPicture(field: EffectiveField, options: FieldPictureOptions = {}): Image {
  const { values, rows, columns } = field;
  const zoom = options.zoom ?? Math.max(1, Math.ceil(usualSide / Math.max(rows, columns)));
  const [height, width] = [rows * zoom, columns * zoom];
  const colors = colorize(values.map(Math.sqrt));
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (Math.floor(y / zoom) * columns + Math.floor(x / zoom));
      data.set(colors.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  const dot = (x: number, y: number, color: readonly number[]): void => {
    const [column, row] = [Math.round(x), Math.round(y)];
    if (column >= 0 && row >= 0 && column < width && row < height)
      data.set(color, 3 * (row * width + column));
  };
  outline(field, zoom, (x, y) => dot(x, y, orange));
  frame(field, zoom, (x, y) => dot(x, y, white));
  ellipse(field, zoom, (x, y) => dot(x, y, cyan));
  return { width, height, channels: 3, data };
}

type Dot = (x: number, y: number) => void;

/** The borders between places above the threshold and others. */
function outline({ values, rows, columns }: EffectiveField, zoom: number, dot: Dot): void {
  const least = effectiveThreshold * values.reduce((a, b) => Math.max(a, b), 0);
  const counts = (row: number, column: number): boolean =>
    row >= 0 && column >= 0 && row < rows && column < columns && values[row * columns + column]! > least;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!counts(row, column)) continue;
      for (let i = 0; i < zoom; i++) {
        if (!counts(row - 1, column)) dot(column * zoom + i, row * zoom);
        if (!counts(row + 1, column)) dot(column * zoom + i, row * zoom + zoom - 1);
        if (!counts(row, column - 1)) dot(column * zoom, row * zoom + i);
        if (!counts(row, column + 1)) dot(column * zoom + zoom - 1, row * zoom + i);
      }
    }
  }
}

/** The theoretical field, at the edge of the picture where it reaches beyond. */
function frame({ theoretical, rows }: EffectiveField, zoom: number, dot: Dot): void {
  if (theoretical.includes(undefined)) return;
  const ranges = theoretical as readonly (readonly [number, number])[];
  const [top, bottom] = ranges.length === 2 ? ranges[0]! : [0, rows - 1];
  const [left, right] = ranges.at(-1)!;
  const [x0, x1, y0, y1] = [left * zoom, (right + 1) * zoom - 1, top * zoom, (bottom + 1) * zoom - 1];
  for (let x = x0; x <= x1; x++) for (const y of [y0, y1]) dot(x, y);
  for (let y = y0; y <= y1; y++) for (const x of [x0, x1]) dot(x, y);
}

/** The places at a Mahalanobis distance of 2 from the mean. */
function ellipse({ gaussian }: EffectiveField, zoom: number, dot: Dot): void {
  if (!gaussian) return;
  const { mean, sigma, correlation } = gaussian;
  const steps = Math.ceil(16 * zoom * Math.max(...sigma)) + 8;
  const across = Math.sqrt(Math.max(0, 1 - correlation ** 2));
  for (let i = 0; i < steps; i++) {
    const [u, v] = [Math.cos((2 * Math.PI * i) / steps), Math.sin((2 * Math.PI * i) / steps)];
    const x = mean[1] + 2 * sigma[1] * u;
    const y = mean[0] + 2 * sigma[0] * (correlation * u + across * v);
    dot((x + 0.5) * zoom - 0.5, (y + 0.5) * zoom - 0.5);
  }
}
