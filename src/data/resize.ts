import { ArgumentError } from "../core/errors.ts";
import { type Image, maxImageSamples } from "../io/image.ts";
import { type FilterName, type ResizeFilter, resizeFilters } from "./resize-filters.ts";

/** A part of an image in pixels; `right` and `bottom` lie outside. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  readonly filter: "nearest" | FilterName;
  /** The part to scale, as if the image had been cropped to it before; all of it unless told. */
  readonly box?: Box;
}

/**
 * An image scaled to another size, in the same bits as by Pillow's `Image.resize`.
 *
 * A pixel is the weighted mean of those that the filter reaches around its centre; where the image shrinks, the filter
 * is as many times wider, so that nothing aliases. Weights are rounded to 22 bits of fraction; rows are scaled
 * first, to bytes, and then columns. (Sines are the engine's own: their last bit may change a byte in a million of
 * hamming and lanczos by 1.) Source: Pillow, libImaging/Resample.c and Geometry.c.
 *
 * @throws ArgumentError for an image with alpha, whose colours must not be mixed as they are, an empty size, or a box
 * outside of the image.
 */
export function resize(image: Image, options: ResizeOptions): Image {
  const { width, height, filter } = options;
  const box = options.box ?? { left: 0, top: 0, right: image.width, bottom: image.height };
  check(image, options, box);
  const { channels } = image;
  const [columns, rows] = [box.right - box.left, box.bottom - box.top];
  if (filter === "nearest") {
    const [xs, ys] = [nearest(columns, width), nearest(rows, height)];
    const data = new Uint8Array(width * height * channels);
    for (let y = 0, to = 0; y < height; y++) {
      const row = (box.top + ys[y]!) * image.width + box.left;
      for (let x = 0; x < width; x++) {
        const from = (row + xs[x]!) * channels;
        for (let c = 0; c < channels; c++) data[to++] = image.data[from + c]!;
      }
    }
    return { width, height, channels, data };
  }
  const wide =
    width === columns
      ? crop(image, box)
      : scaleRows(image, box, tapsFor(resizeFilters[filter], columns, width));
  const data =
    height === rows
      ? wide
      : scaleColumns(wide, width * channels, tapsFor(resizeFilters[filter], rows, height));
  return { width, height, channels, data: new Uint8Array(data.buffer) };
}

function check(image: Image, { width, height }: ResizeOptions, box: Box): void {
  if (image.channels % 2 === 0) {
    throw new ArgumentError("resize: the image has an alpha channel; make it grey or RGB first");
  }
  const natural = [width, height].every((extent) => Number.isSafeInteger(extent) && extent >= 1);
  if (!natural) throw new ArgumentError(`resize: ${width} × ${height} is no size of an image`);
  if (width * height * image.channels > maxImageSamples) {
    throw new ArgumentError(
      `resize: ${width} × ${height} × ${image.channels} samples are over the limit of ${maxImageSamples}; the image has ` +
        `${image.width} × ${image.height} pixels`,
    );
  }
  const { left, top, right, bottom } = box;
  const whole = [left, top, right, bottom].every(Number.isInteger);
  if (
    !whole ||
    left < 0 ||
    top < 0 ||
    right <= left ||
    bottom <= top ||
    right > image.width ||
    bottom > image.height
  ) {
    throw new ArgumentError(
      `resize: the box from (${left}, ${top}) to (${right}, ${bottom}) is no part of an image of ` +
        `${image.width} × ${image.height}`,
    );
  }
}

/** The source of each pixel along one axis; the steps are added up as Pillow adds them, with the same rounding. */
function nearest(source: number, target: number): Int32Array {
  const step = source / target;
  let position = step * 0.5;
  return Int32Array.from({ length: target }, () => {
    const index = Math.min(source - 1, Math.floor(position));
    position += step;
    return index;
  });
}

const fraction = 22;

/** Which pixels of the source make up each of the result along one axis, and their weights · 2^22. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` for each pixel of the result, of which `count` are used. */
  readonly weights: Int32Array;
  readonly most: number;
}

function tapsFor({ reach, weight }: ResizeFilter, source: number, target: number): Taps {
  const scale = source / target;
  const widening = Math.max(1, scale);
  const support = reach * widening;
  const most = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(target);
  const count = new Int32Array(target);
  const weights = new Int32Array(target * most);
  const raw = new Float64Array(most);
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const length = Math.min(source, Math.trunc(centre + support + 0.5)) - start;
    let total = 0;
    for (let k = 0; k < length; k++) {
      raw[k] = weight((k + start - centre + 0.5) * (1 / widening));
      total += raw[k]!;
    }
    for (let k = 0; k < length; k++) {
      const scaled = (total === 0 ? raw[k]! : raw[k]! / total) * 2 ** fraction;
      weights[i * most + k] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    }
    first[i] = start;
    count[i] = length;
  }
  return { first, count, weights, most };
}

function crop({ width, channels, data }: Image, { left, top, right, bottom }: Box): Uint8ClampedArray {
  const row = (right - left) * channels;
  const part = new Uint8ClampedArray((bottom - top) * row);
  for (let y = top; y < bottom; y++) {
    const from = (y * width + left) * channels;
    part.set(data.subarray(from, from + row), (y - top) * row);
  }
  return part;
}

function scaleRows(image: Image, box: Box, { first, count, weights, most }: Taps): Uint8ClampedArray {
  const { width, channels, data } = image;
  const target = first.length;
  const out = new Uint8ClampedArray((box.bottom - box.top) * target * channels);
  for (let y = box.top, to = 0; y < box.bottom; y++) {
    const row = (y * width + box.left) * channels;
    for (let x = 0; x < target; x++) {
      const [from, taps] = [row + first[x]! * channels, count[x]!];
      for (let c = 0; c < channels; c++, to++) {
        let total = 1 << (fraction - 1);
        // Integers of 32 bits from end to end, which engines keep in registers.
        for (let k = x * most, at = from + c; k < x * most + taps; k++, at += channels) {
          total = (total + Math.imul(data[at]!, weights[k]!)) | 0;
        }
        out[to] = total >> fraction;
      }
    }
  }
  return out;
}

/** @param row samples in a row. */
function scaleColumns(
  data: Uint8ClampedArray,
  row: number,
  { first, count, weights, most }: Taps,
): Uint8ClampedArray {
  const out = new Uint8ClampedArray(first.length * row);
  const totals = new Int32Array(row);
  for (let y = 0; y < first.length; y++) {
    totals.fill(1 << (fraction - 1));
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * most + k]!;
      const from = (first[y]! + k) * row;
      for (let i = 0; i < row; i++) totals[i]! += Math.imul(weight, data[from + i]!);
    }
    for (let i = 0; i < row; i++) out[y * row + i] = totals[i]! >> fraction;
  }
  return out;
}
