import { type Image, toGray } from "../io/image.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { toRgb } from "../io/to-rgb.ts";
import { centerCrop, roundHalfToEven } from "./center-crop.ts";
import type { ImageView } from "./image-view.ts";
import { type Normalization, normalizationTable } from "./normalization.ts";
import { resize } from "./resize.ts";

/**
 * What a published network takes of a photograph: resized, the middle cut out, and (byte / 255 − mean) / std.
 *
 * Sizes and rounding are those of timm's evaluation (timm/data/transforms_factory.py) and torchvision's. Alpha is
 * dropped; a network of one channel gets grey.
 *
 * @returns (C, H, W)
 */
export function preprocess(image: Image, preprocessing: Preprocessing): Float32Array {
  const bytes = centerView(preprocessing)(image, undefined);
  return normalizeBytes(bytes, preprocessing);
}

/** The bytes (C, H, W) that `preprocess` normalizes, for a dataset that normalizes by itself. */
export function centerView(preprocessing: Preprocessing): ImageView {
  const { inputSize, resize: extent, interpolation: filter, cropMode, mean } = preprocessing;
  const [channels, height, width] = inputSize;
  // timm fills the border with the mean colour, torchvision what a crop lacks with black.
  const fill = cropMode === "border" ? mean.map((value) => roundHalfToEven(255 * value)) : undefined;
  return (image) => {
    const colored = channels === 1 ? toGray(image) : toRgb(image);
    const size = resizedTo(colored, extent, cropMode);
    return toChannelsFirst(centerCrop(resize(colored, { ...size, filter }), width, height, fill));
  };
}

/** Bytes (C, H, W) as floats; the table of all bytes is made anew, which takes less than an image does. */
export function normalizeBytes(bytes: Uint8Array, normalization: Normalization): Float32Array {
  const table = normalizationTable(normalization);
  const plane = bytes.length / normalization.mean.length;
  const values = new Float32Array(bytes.length);
  for (let start = 0, row = 0; start < bytes.length; start += plane, row += 256) {
    for (let i = start; i < start + plane; i++) values[i] = table[row + bytes[i]!]!;
  }
  return values;
}

/** The size before the crop, for a wanted `extent` of one side or both. */
function resizedTo(
  { width, height }: Image,
  extent: number,
  cropMode: Preprocessing["cropMode"],
): { width: number; height: number } {
  if (cropMode === "squash") return { width: extent, height: extent };
  if (cropMode === "border") {
    const ratio = Math.max(height / extent, width / extent);
    const scaled = (side: number): number => Math.max(1, roundHalfToEven(side / ratio));
    return { width: scaled(width), height: scaled(height) };
  }
  const shorter = Math.min(width, height);
  const scaled = (side: number): number =>
    side === shorter ? extent : Math.floor((extent * side) / shorter);
  return { width: scaled(width), height: scaled(height) };
}

/** (H, W, C) to (C, H, W) */
export function toChannelsFirst({ width, height, channels, data }: Image): Uint8Array {
  if (channels === 1) return data;
  const planes = new Uint8Array(data.length);
  const plane = width * height;
  for (let c = 0; c < channels; c++) {
    for (let i = 0, from = c; i < plane; i++, from += channels) planes[c * plane + i] = data[from]!;
  }
  return planes;
}
