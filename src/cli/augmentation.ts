import { type BatchMix, cutMix, mixUp, oneMixOf } from "../data/augment/batch-mix.ts";
import { colorJitter } from "../data/augment/color-jitter.ts";
import { randAugment } from "../data/augment/rand-augment.ts";
import { randomCrop } from "../data/augment/random-crop.ts";
import { randomErasing } from "../data/augment/random-erasing.ts";
import { randomHorizontalFlip } from "../data/augment/random-flip.ts";
import { randomResizedCrop } from "../data/augment/random-resized-crop.ts";
import type { ImageView } from "../data/image-view.ts";
import { compose, type Transform } from "../data/transforms.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { choice, integer, type OptionsFor, positive, real, tuple } from "./option.ts";

const levels = ["none", "light", "standard", "randaugment"] as const;

/** How training images are changed at random. */
export interface AugmentationSettings {
  readonly augment: (typeof levels)[number];
  /** pixels */
  readonly shift: number;
  /** Brightness, contrast, saturation and hue. */
  readonly jitter: readonly number[] | undefined;
  /** N and M of RandAugment. */
  readonly randaugment: readonly number[] | undefined;
  /** A probability. */
  readonly erasing: number;
  /** α */
  readonly mixup: number | undefined;
  readonly cutmix: number | undefined;
}

export const augmentationOptions: OptionsFor<AugmentationSettings> = {
  augment: choice(
    "LEVEL",
    levels,
    "none",
    "random crops and mirror images (of digits none), with smaller crops and other colours in standard, and any two of 14 " +
      "changes in randaugment",
  ),
  shift: integer("moves training images at random by up to N pixels", { initial: 0, least: 0, most: 64 }),
  jitter: tuple("B,C,S,H", "changes brightness, contrast, saturation and hue by up to these shares", [
    { least: 0, most: 10 },
    { least: 0, most: 10 },
    { least: 0, most: 10 },
    { least: 0, most: 0.5 },
  ]),
  randaugment: tuple("N,M", "N of RandAugment's 14 changes with magnitude M, from 0 to 30", [
    { least: 1, most: 14, whole: true },
    { least: 0, most: 30 },
  ]),
  erasing: real("the share of training images of which a random rectangle is erased", {
    initial: 0,
    least: 0,
    most: 1,
  }),
  mixup: positive("mixes pairs of images and labels, by shares of Beta(X, X): 0.2 is usual"),
  cutmix: positive("puts a part of another image into each, by shares of Beta(X, X): 1 is usual"),
};

interface Preset {
  /** The least share of an image that a crop keeps. */
  readonly crop?: number;
  readonly jitter?: readonly number[];
  readonly randaugment?: readonly number[];
}

const presets: Readonly<Record<AugmentationSettings["augment"], Preset>> = {
  none: {},
  light: { crop: 0.25 },
  standard: { crop: 0.08, jitter: [0.4, 0.4, 0.4, 0.1] },
  randaugment: { crop: 0.08, randaugment: [2, 9] },
};

/** What a network sees of a photograph in training; undefined where that is the same as in use. */
export function trainViewOf(
  { augment }: AugmentationSettings,
  preprocessing: Preprocessing,
): ImageView | undefined {
  const { crop } = presets[augment];
  return crop === undefined ? undefined : randomResizedCrop(preprocessing, { scale: [crop, 1] });
}

export interface AugmentedData {
  /** Whether images are cropped when they are read (see `trainViewOf`). */
  readonly cropped: boolean;
  /** Whether the mirror image of a class is one of the same class. */
  readonly mirrored: boolean;
  /** Height of the images, in pixels. */
  readonly height: number;
}

/** What changes each training image after it was read; undefined for nothing. */
export function transformOf(
  settings: AugmentationSettings,
  { cropped, mirrored, height }: AugmentedData,
): Transform | undefined {
  const { augment, shift, erasing } = settings;
  const preset = presets[augment];
  const { jitter = preset.jitter, randaugment = preset.randaugment } = settings;
  const transforms: Transform[] = [];
  // Images of one size are moved by an eighth of it, as is usual for CIFAR.
  const padding = shift > 0 || cropped || preset.crop === undefined ? shift : Math.round(height / 8);
  if (padding > 0) transforms.push(randomCrop({ padding }));
  if (preset.crop !== undefined && mirrored) transforms.push(randomHorizontalFlip());
  if (jitter) {
    const [brightness, contrast, saturation, hue] = jitter as [number, number, number, number];
    transforms.push(colorJitter({ brightness, contrast, saturation, hue }));
  }
  if (randaugment) {
    const [operations, magnitude] = randaugment as [number, number];
    transforms.push(randAugment({ operations, magnitude }));
  }
  if (erasing > 0) transforms.push(randomErasing({ probability: erasing }));
  return transforms.length === 0 ? undefined : compose(...transforms);
}

/** How training batches are mixed: by mixup, by CutMix, or, where both were told, by either. */
export function mixOf({ mixup, cutmix }: AugmentationSettings): BatchMix | undefined {
  const mixes = [
    ...(mixup === undefined ? [] : [mixUp(mixup)]),
    ...(cutmix === undefined ? [] : [cutMix(cutmix)]),
  ];
  return mixes.length === 0 ? undefined : oneMixOf(...mixes);
}
