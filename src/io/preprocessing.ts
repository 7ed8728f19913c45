import { ArgumentError } from "../core/errors.ts";

/** How a photograph becomes the input that published weights were trained on. */
export interface Preprocessing {
  /** [channels, height, width] of what the network takes. */
  readonly inputSize: readonly [channels: number, height: number, width: number];
  /** The shorter side after resizing, in pixels; both sides with `squash`, the longer one with `border`. */
  readonly resize: number;
  readonly interpolation: Interpolation;
  /**
   * `center` keeps the ratio and cuts the middle out, `squash` resizes to a square first and then cuts, `border`
   * keeps the ratio and fills what is missing around the image.
   */
  readonly cropMode: CropMode;
  /** One value for each channel, in units of the full scale: a byte `p` becomes (p / 255 − mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export type Interpolation = "bilinear" | "bicubic" | "nearest" | "lanczos";
export type CropMode = "center" | "squash" | "border";

export const interpolations: readonly Interpolation[] = ["bilinear", "bicubic", "nearest", "lanczos"];
export const cropModes: readonly CropMode[] = ["center", "squash", "border"];

/** The part of timm's `pretrained_cfg` that says how images are prepared, as config.json spells it. */
export interface PretrainedConfig {
  readonly input_size?: readonly number[];
  readonly test_input_size?: readonly number[] | null;
  readonly interpolation?: string;
  readonly crop_pct?: number;
  readonly test_crop_pct?: number | null;
  readonly crop_mode?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** What timm takes where a configuration is silent. */
const defaults = {
  input_size: [3, 224, 224],
  interpolation: "bicubic",
  crop_pct: 0.875,
  crop_mode: "center",
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

export interface PreprocessingOptions {
  /** Whether to prepare for the larger images that some weights do better on (`test_input_size`); false unless told. */
  readonly testSize?: boolean;
}

/**
 * The preparation that a timm configuration asks for: resize = ⌊side / crop_pct⌋.
 *
 * Source: timm, timm/data/config.py and transforms_factory.py.
 *
 * @throws ArgumentError for a size that is not a square of positive integers, and for an interpolation, a mode, a
 * percentage or a normalization that cannot be.
 */
export function preprocessingOf(
  config: PretrainedConfig,
  { testSize = false }: PreprocessingOptions = {},
): Preprocessing {
  const inputSize = (testSize && config.test_input_size) || config.input_size || defaults.input_size;
  const [channels, height, width] = inputSize as [number, number, number];
  if (
    inputSize.length !== 3 ||
    height !== width ||
    !inputSize.every((n) => Number.isSafeInteger(n) && n > 0)
  ) {
    throw new ArgumentError(`input_size must be [channels, side, side], but is [${inputSize.join(", ")}]`);
  }
  const cropPct = (testSize && config.test_crop_pct) || config.crop_pct || defaults.crop_pct;
  const resize = Math.floor(height / cropPct);
  if (!(cropPct > 0) || !Number.isSafeInteger(resize)) {
    throw new ArgumentError(`crop_pct must be a share above 0, but is ${cropPct}`);
  }
  const { mean = defaults.mean, std = defaults.std } = config;
  const usable = mean.every(Number.isFinite) && std.every((s) => Number.isFinite(s) && s > 0);
  if (mean.length !== channels || std.length !== channels || !usable) {
    throw new ArgumentError(
      `mean and std must have a number for each of ${channels} channels, and std positive ones, but are ` +
        `[${mean.join(", ")}] and [${std.join(", ")}]`,
    );
  }
  return {
    inputSize: [channels, height, width],
    resize,
    interpolation: oneOf("interpolation", config.interpolation ?? defaults.interpolation, interpolations),
    cropMode: oneOf("crop_mode", config.crop_mode ?? defaults.crop_mode, cropModes),
    mean,
    std,
  };
}

function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new ArgumentError(`${name} must be ${choices.join(", ")}, but is "${value}"`);
  return found;
}

/** The same for a square input of another side: what is cut off stays the same share. */
export function withSide(preprocessing: Preprocessing, side: number): Preprocessing {
  const [channels, height, width] = preprocessing.inputSize;
  const resize = Math.round((preprocessing.resize * side) / Math.min(height, width));
  return { ...preprocessing, inputSize: [channels, side, side], resize };
}
