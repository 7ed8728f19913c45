/** A grey image of bytes: rows from the top, pixels from the left. */
export interface GrayImage {
  readonly width: number;
  readonly height: number;
  /** height × width bytes */
  readonly data: Uint8Array;
}

/** A part of an image; `right` and `bottom` lie outside. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Scales a part of an image (all of it unless told), along each axis by a triangle filter.
 *
 * The triangle is as wide as two pixels of the source or of the result, whichever are larger: interpolation where the
 * image grows, and no aliasing where it shrinks.
 */
export function resample(
  image: GrayImage,
  width: number,
  height: number,
  box: Box = { left: 0, top: 0, right: image.width, bottom: image.height },
): GrayImage {
  const rows = box.bottom - box.top;
  const horizontal = filterTaps(box.right - box.left, width);
  const vertical = filterTaps(rows, height);
  const narrow = new Float32Array(rows * width);
  for (let y = 0; y < rows; y++) {
    const row = (box.top + y) * image.width + box.left;
    for (let x = 0; x < width; x++) {
      const { first, weights } = horizontal[x]!;
      let total = 0;
      for (let k = 0; k < weights.length; k++) total += weights[k]! * image.data[row + first + k]!;
      narrow[y * width + x] = total;
    }
  }
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const { first, weights } = vertical[y]!;
    for (let x = 0; x < width; x++) {
      let total = 0;
      for (let k = 0; k < weights.length; k++) total += weights[k]! * narrow[(first + k) * width + x]!;
      data[y * width + x] = Math.round(total);
    }
  }
  return { width, height, data };
}

interface Taps {
  readonly first: number;
  /** Of the source's pixels from `first` on; their sum is 1. */
  readonly weights: readonly number[];
}

/** The source pixels that make up each pixel of the result, along one axis. */
function filterTaps(source: number, target: number): Taps[] {
  const scale = source / target;
  const reach = Math.max(1, scale);
  return Array.from({ length: target }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(source - 1, Math.floor(centre + reach));
    const raw = Array.from({ length: last - first + 1 }, (__, k) => reach - Math.abs(first + k - centre));
    const total = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}
