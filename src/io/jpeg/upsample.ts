import type { JpegComponent, JpegFrame } from "./frame.ts";

/** Row `y` of a component at the picture's full size: at least as many samples as the picture is wide. */
export type FullRows = (y: number) => Uint8ClampedArray;

/**
 * How a component comes to the picture's size.
 *
 * Halved axes are interpolated by a triangle filter, whose weights 3/4 and 1/4 fall on the two nearest samples; other
 * fractions, and rows of one or two samples, are repeated. Rounding and choice are those of the Independent JPEG
 * Group's "fancy upsampling" with libjpeg-turbo's addition for columns.
 */
export function fullRows(component: JpegComponent, frame: JpegFrame): FullRows {
  const { samples, blockStride, width, height } = component;
  const stride = 8 * blockStride;
  const rowOf = (y: number): Uint8ClampedArray => samples.subarray(y * stride, (y + 1) * stride);
  /** The row beyond the first and the last is these again. */
  const near = (y: number): Uint8ClampedArray => rowOf(Math.min(Math.max(y, 0), height - 1));
  const across = frame.mostAcross / component.across;
  const down = frame.mostDown / component.down;
  if (across === 1 && down === 1) return rowOf;

  const out = new Uint8ClampedArray(stride * across);
  if (across === 1 && down === 2) {
    return (y) => blendRows(rowOf(y >> 1), near((y >> 1) + (y & 1 ? 1 : -1)), y & 1, width, out);
  }
  if (across === 2 && down === 1 && width > 2) return (y) => doubleRow(rowOf(y), width, out);
  if (across === 2 && down === 2 && width > 2) {
    const sums = new Uint16Array(width);
    return (y) => doubleBoth(rowOf(y >> 1), near((y >> 1) + (y & 1 ? 1 : -1)), sums, width, out);
  }
  return (y) => {
    const row = rowOf(Math.floor(y / down));
    for (let x = 0, to = 0; x < width; x++, to += across) out.fill(row[x]!, to, to + across);
    return out;
  };
}

/** Between two rows; `lower` rounds halves up in the lower row of a pair. */
function blendRows(
  row: Uint8ClampedArray,
  other: Uint8ClampedArray,
  lower: number,
  width: number,
  out: Uint8ClampedArray,
): Uint8ClampedArray {
  for (let x = 0; x < width; x++) out[x] = (3 * row[x]! + other[x]! + 1 + lower) >> 2;
  return out;
}

/** Twice as many samples in a row; halves are rounded down on the left of a sample and up on its right. */
function doubleRow(row: Uint8ClampedArray, width: number, out: Uint8ClampedArray): Uint8ClampedArray {
  const last = width - 1;
  out[0] = row[0]!;
  out[1] = (3 * row[0]! + row[1]! + 2) >> 2;
  for (let x = 1; x < last; x++) {
    const sample = 3 * row[x]!;
    out[2 * x] = (sample + row[x - 1]! + 1) >> 2;
    out[2 * x + 1] = (sample + row[x + 1]! + 2) >> 2;
  }
  out[2 * last] = (3 * row[last]! + row[last - 1]! + 1) >> 2;
  out[2 * last + 1] = row[last]!;
  return out;
}

/** Between two rows and twice as many samples, rounded once: sums of rows have 2 bits of fraction, results 4. */
function doubleBoth(
  row: Uint8ClampedArray,
  other: Uint8ClampedArray,
  sums: Uint16Array,
  width: number,
  out: Uint8ClampedArray,
): Uint8ClampedArray {
  for (let x = 0; x < width; x++) sums[x] = 3 * row[x]! + other[x]!;
  const last = width - 1;
  out[0] = (4 * sums[0]! + 8) >> 4;
  out[1] = (3 * sums[0]! + sums[1]! + 7) >> 4;
  for (let x = 1; x < last; x++) {
    const sum = 3 * sums[x]!;
    out[2 * x] = (sum + sums[x - 1]! + 8) >> 4;
    out[2 * x + 1] = (sum + sums[x + 1]! + 7) >> 4;
  }
  out[2 * last] = (3 * sums[last]! + sums[last - 1]! + 8) >> 4;
  out[2 * last + 1] = (4 * sums[last]! + 7) >> 4;
  return out;
}
