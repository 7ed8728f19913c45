import type { Image } from "../image.ts";
import type { JpegFrame } from "./frame.ts";
import { type FullRows, fullRows } from "./upsample.ts";

/** What the components of a picture are. */
export type JpegColors = "grey" | "RGB" | "YCbCr" | "CMYK" | "YCCK";

/**
 * What the components are, as the Independent JPEG Group's library guesses it: by the markers of JFIF and Adobe, and
 * else by the components' numbers.
 *
 * @param adobe the transform that Adobe's marker names.
 */
export function colorsOf({ components }: JpegFrame, jfif: boolean, adobe: number | undefined): JpegColors {
  if (components.length === 1) return "grey";
  if (components.length === 4) return adobe === undefined || adobe === 0 ? "CMYK" : "YCCK";
  if (jfif) return "YCbCr";
  if (adobe !== undefined) return adobe === 0 ? "RGB" : "YCbCr";
  return String.fromCharCode(...components.map(({ id }) => id)) === "RGB" ? "RGB" : "YCbCr";
}

/** Puts the components' samples together: one channel for grey, red, green and blue for all others. */
export function toImage(frame: JpegFrame, colors: JpegColors): Image {
  const { width, height, components } = frame;
  const rows = components.map((component) => fullRows(component, frame));
  if (colors === "grey") {
    const data = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) data.set(rows[0]!(y).subarray(0, width), y * width);
    return { width, height, channels: 1, data };
  }
  const data = new Uint8ClampedArray(3 * width * height);
  for (let y = 0; y < height; y++) writeRow(rows, y, width, colors, data.subarray(3 * y * width));
  return { width, height, channels: 3, data: new Uint8Array(data.buffer) };
}

function writeRow(
  rows: readonly FullRows[],
  y: number,
  width: number,
  colors: Exclude<JpegColors, "grey">,
  out: Uint8ClampedArray,
): void {
  const [first, second, third, black] = rows.map((row) => row(y));
  if (colors === "YCbCr" || colors === "YCCK") writeYCbCr(first!, second!, third!, width, out);
  else writeTriples(first!, second!, third!, width, out);
  if (black === undefined) return;
  // Adobe's programs store inks inverted. Those of YCCK are 255 − (R, G, B) and so not inverted any more.
  const inverted = colors === "CMYK" ? 0 : 255;
  for (let x = 0, at = 0; x < width; x++) {
    for (let c = 0; c < 3; c++, at++) out[at] = timesOver255(inverted ^ out[at]!, black[x]!);
  }
}

function writeTriples(
  first: Uint8ClampedArray,
  second: Uint8ClampedArray,
  third: Uint8ClampedArray,
  width: number,
  out: Uint8ClampedArray,
): void {
  for (let x = 0, at = 0; x < width; x++, at += 3) {
    out[at] = first[x]!;
    out[at + 1] = second[x]!;
    out[at + 2] = third[x]!;
  }
}

const fraction = 16;
const fixed = (value: number): number => Math.round(value * 2 ** fraction);
/** What the chroma samples 0 to 255 add to red, green and blue (JFIF 1.02, page 4); halves of the sum for green. */
const redOfCr = Int32Array.from({ length: 256 }, (_, i) => (fixed(1.402) * (i - 128) + 2 ** 15) >> fraction);
const blueOfCb = Int32Array.from({ length: 256 }, (_, i) => (fixed(1.772) * (i - 128) + 2 ** 15) >> fraction);
const greenOfCr = Int32Array.from({ length: 256 }, (_, i) => -fixed(0.71414) * (i - 128));
const greenOfCb = Int32Array.from({ length: 256 }, (_, i) => -fixed(0.34414) * (i - 128) + 2 ** 15);

function writeYCbCr(
  luma: Uint8ClampedArray,
  cb: Uint8ClampedArray,
  cr: Uint8ClampedArray,
  width: number,
  out: Uint8ClampedArray,
): void {
  for (let x = 0, at = 0; x < width; x++, at += 3) {
    const [y, blue, red] = [luma[x]!, cb[x]!, cr[x]!];
    out[at] = y + redOfCr[red]!;
    out[at + 1] = y + ((greenOfCb[blue]! + greenOfCr[red]!) >> fraction);
    out[at + 2] = y + blueOfCb[blue]!;
  }
}

/** round(a · b / 255) */
function timesOver255(a: number, b: number): number {
  const product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}
