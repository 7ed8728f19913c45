import { ArgumentError } from "../../core/errors.ts";
import { toGray } from "../../io/image.ts";
import type { Preprocessing } from "../../io/preprocessing.ts";
import { toRgb } from "../../io/to-rgb.ts";
import { roundHalfToEven } from "../center-crop.ts";
import type { ImageView } from "../image-view.ts";
import { centerView, toChannelsFirst } from "../preprocess.ts";
import type { Random } from "../random.ts";
import { type Box, resize } from "../resize.ts";
import { checkInterval } from "./check-option.ts";

export interface RandomResizedCropOptions {
  /** The crop's share of the image's area; [0.08, 1] unless told. */
  readonly scale?: readonly [number, number];
  /** Width over height; [3/4, 4/3] unless told. */
  readonly ratio?: readonly [number, number];
}

const attempts = 10;

/**
 * Cuts out a part of random size, form and place and scales it to what the network takes; without random numbers, what
 * the preprocessing gives.
 *
 * Szegedy et al.: Going Deeper with Convolutions (2015), section 6, in torchvision's form: the ratio is drawn evenly in
 * its logarithm, and where ten draws do not fit, the crop is the largest in the middle whose ratio is in the range.
 */
export function randomResizedCrop(
  preprocessing: Preprocessing,
  options: RandomResizedCropOptions = {},
): ImageView {
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options;
  checkInterval("randomResizedCrop: scale", scale, 1);
  checkInterval("randomResizedCrop: ratio", ratio);
  const { inputSize, interpolation: filter } = preprocessing;
  const [channels, height, width] = inputSize;
  if (channels !== 1 && channels !== 3) {
    throw new ArgumentError(`randomResizedCrop: images have 1 or 3 channels, not ${channels}`);
  }
  const middle = centerView(preprocessing);
  return (image, random) => {
    if (random === undefined) return middle(image, undefined);
    const colored = channels === 1 ? toGray(image) : toRgb(image);
    const box = drawCrop(image.width, image.height, scale, ratio, random);
    return toChannelsFirst(resize(colored, { width, height, filter, box }));
  };
}

/** The part of an image that such a crop cuts out. */
export function drawCrop(
  width: number,
  height: number,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): Box {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = width * height * random.uniform(...scale);
    const form = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const w = roundHalfToEven(Math.sqrt(area * form));
    const h = roundHalfToEven(Math.sqrt(area / form));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    return boxAt(random.below(width - w + 1), random.below(height - h + 1), w, h);
  }
  const form = width / height;
  const w = form > ratio[1] ? Math.max(1, roundHalfToEven(height * ratio[1])) : width;
  const h = form < ratio[0] ? Math.max(1, roundHalfToEven(width / ratio[0])) : height;
  return boxAt((width - w) >> 1, (height - h) >> 1, w, h);
}

function boxAt(left: number, top: number, width: number, height: number): Box {
  return { left, top, right: left + width, bottom: top + height };
}
