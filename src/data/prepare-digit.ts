import { ArgumentError } from "../core/errors.ts";
import { type Image, toGray } from "../io/image.ts";
import { type Box, resize } from "./resize.ts";

export interface PrepareDigitOptions {
  /** Height and width of the result in pixels; 28 unless told. */
  readonly size?: number;
  /** The larger side of the ink after scaling; 20/28 of the size unless told. */
  readonly box?: number;
  /** What comes to the middle: the ink's centre of mass (unless told) or that of the box around it. */
  readonly centre?: "mass" | "box";
}

/** Less contrast than this, in grey values, is taken for an empty image. */
const leastContrast = 16;
/** How much of the ink may be cut off at each side of the box, so that a speck does not make it wide. */
const speck = 0.003;

/**
 * Makes a picture of a digit, of any size and colour and dark on light or light on dark, into what MNIST holds:
 * bright ink on black, cropped, its larger side scaled to 20 pixels, and centred by mass in 28 × 28.
 *
 * The border tells the background's brightness. LeCun et al.: Gradient-Based Learning Applied to Document Recognition
 * (1998), section III-A.
 *
 * @returns size × size bytes.
 * @throws ArgumentError if the image has no ink.
 */
export function prepareDigit(image: Image, options: PrepareDigitOptions = {}): Uint8Array {
  const { size = 28, box = Math.round((20 / 28) * size), centre = "mass" } = options;
  if (!(Number.isInteger(size) && Number.isInteger(box) && box >= 1 && box <= size)) {
    throw new ArgumentError(`prepareDigit: a box of ${box} pixels does not fit an image of ${size}`);
  }
  const ink = inkOf(toGray(image));
  const bounds = boundsOf(ink);
  const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top];
  const scale = box / Math.max(width, height);
  const scaled = resize(ink, {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    filter: "bilinear",
    box: bounds,
  });
  return place(brightened(scaled), size, centre);
}

/**
 * How far each pixel is from the background towards the ink, from 0 for paper (and its noise) to 255.
 *
 * The ink lies on the side of the background, darker or brighter, on which the pixels deviate more.
 */
function inkOf(image: Image): Image {
  const border = borderHistogram(image);
  const background = quantile(border, 0.5);
  const all = new Float64Array(256);
  for (const value of image.data) all[value]!++;
  let [darker, brighter] = [0, 0];
  all.forEach((count, value) => {
    const energy = count * (value - background) ** 2;
    if (value < background) darker += energy;
    else brighter += energy;
  });
  const sign = brighter > darker ? 1 : -1;
  const extreme = sign > 0 ? all.findLastIndex((count) => count > 0) : all.findIndex((count) => count > 0);
  const contrast = Math.abs(extreme - background);
  if (contrast < leastContrast) {
    throw new ArgumentError(
      `the image shows nothing: its grey values differ from the background's ${background} by ${contrast} at most`,
    );
  }
  const noise = Math.abs(quantile(border, sign > 0 ? 0.98 : 0.02) - background);
  // A border that the ink touches must not count as noise.
  const floor = Math.min(Math.max(0.1 * contrast, noise), 0.4 * contrast);
  const table = Uint8Array.from({ length: 256 }, (_, value) => {
    const deviation = sign * (value - background);
    return Math.round((255 * Math.max(0, deviation - floor)) / (contrast - floor));
  });
  return { ...image, data: image.data.map((value) => table[value]!) };
}

/** How often each grey value occurs among the pixels of a frame whose width is a fiftieth of the image's. */
function borderHistogram({ width, height, data }: Image): Float64Array {
  const frame = Math.ceil(Math.min(width, height) / 50);
  const histogram = new Float64Array(256);
  for (let y = 0; y < height; y++) {
    const inside = y >= frame && y < height - frame;
    for (let x = 0; x < width; x++) {
      if (inside && x === frame) x = Math.max(x, width - frame);
      histogram[data[y * width + x]!]!++;
    }
  }
  return histogram;
}

/** The least value that a share of the values does not exceed. */
function quantile(histogram: Float64Array, share: number): number {
  const wanted = share * histogram.reduce((a, b) => a + b, 0);
  let count = 0;
  return histogram.findIndex((each) => (count += each) >= wanted && count > 0);
}

/** The box around the ink. */
function boundsOf({ width, height, data }: Image): Box {
  const columns = new Float64Array(width);
  const rows = new Float64Array(height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      columns[x]! += data[i]!;
      rows[y]! += data[i]!;
    }
  }
  const [left, right] = rangeOf(columns);
  const [top, bottom] = rangeOf(rows);
  return { left, top, right, bottom };
}

/** From the first to behind the last position, without what holds less than a speck at either end. */
function rangeOf(masses: Float64Array): [start: number, end: number] {
  const allowed = speck * masses.reduce((a, b) => a + b, 0);
  const firstBeyond = (values: Float64Array): number => {
    let mass = 0;
    return values.findIndex((value) => (mass += value) > allowed);
  };
  return [firstBeyond(masses), masses.length - firstBeyond(masses.toReversed())];
}

/** Thin strokes get faint when an image is made much smaller; the brightest pixel becomes 255. */
function brightened(image: Image): Image {
  const most = image.data.reduce((a, b) => Math.max(a, b), 1);
  return { ...image, data: image.data.map((value) => Math.round((value * 255) / most)) };
}

/** Puts the ink into a black square. */
function place({ width, height, data }: Image, size: number, centre: "mass" | "box"): Uint8Array {
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      mass += data[i]!;
      massX += data[i]! * (x + 0.5);
      massY += data[i]! * (y + 0.5);
    }
  }
  // MNIST's centres of mass lie in the middle of pixel 14, and not between pixels 13 and 14.
  const target = centre === "mass" ? (size + 1) / 2 : size / 2;
  const start = (middle: number, extent: number): number =>
    Math.min(Math.max(Math.round(target - middle), 0), size - extent);
  const left = start(centre === "mass" ? massX / mass : width / 2, width);
  const top = start(centre === "mass" ? massY / mass : height / 2, height);
  const placed = new Uint8Array(size * size);
  for (let y = 0; y < height; y++) {
    placed.set(data.subarray(y * width, (y + 1) * width), (top + y) * size + left);
  }
  return placed;
}
