import type { Normalization } from "../data/normalization.ts";
import { centerView } from "../data/preprocess.ts";
import {
  type CropMode,
  cropModes,
  type Interpolation,
  interpolations,
  type Preprocessing,
  withSide,
} from "../io/preprocessing.ts";
import type { ClassifyingModel } from "./classifying-model.ts";
import { choice, flag, integer, numbers, type OptionsFor, positive } from "./option.ts";
import { UsageError } from "./usage-error.ts";

/** How images become a network's input, where that is told; what is not told is the network's own. */
export interface PreparationValues {
  readonly size: number | undefined;
  readonly resize: number | undefined;
  readonly crop: CropMode | undefined;
  readonly interpolation: Interpolation | undefined;
  readonly scale: number | undefined;
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
  readonly bgr: boolean;
}

export const preparationOptions: OptionsFor<PreparationValues> = {
  size: integer("height and width of the network's input (default: its own, or 224 where it takes any)", {
    initial: undefined,
    least: 1,
    most: 4096,
  }),
  resize: integer("pixels of the shorter side before the middle is cut out (default: the network's own)", {
    initial: undefined,
    least: 1,
    most: 16_384,
  }),
  crop: choice("MODE", cropModes, undefined, "how images come to the network's size (default: its own)"),
  interpolation: choice(
    "NAME",
    interpolations,
    undefined,
    "how pixels are scaled (default: the network's own)",
  ),
  scale: positive(
    "what white becomes before the mean is subtracted (default: 1 if --mean or --std is given)",
  ),
  mean: numbers("subtracted from each channel, or from all (default: the network's own)", () => true),
  std: numbers("then divides each channel, or all (default: the network's own)", (value) => value > 0),
  bgr: flag(
    "gives the network blue, green and red in this order, which is then also that of --mean and --std",
  ),
};

/** The preparation that a network asks for with what the options change of it. */
export function preparedBy(
  values: PreparationValues,
  own: Preprocessing,
): Pick<ClassifyingModel, "imageShape" | "view" | "normalization"> {
  const { size } = values;
  const { inputSize: imageShape, resize } = size === undefined ? own : withSide(own, size);
  const [channels] = imageShape;
  const normalization = normalizationBy(values, own);
  if (values.bgr && channels !== 3) {
    throw new UsageError(`--bgr needs 3 channels, but the network takes ${channels}`);
  }
  const view = centerView({
    inputSize: imageShape,
    resize: values.resize ?? resize,
    cropMode: values.crop ?? own.cropMode,
    interpolation: values.interpolation ?? own.interpolation,
    // A border has the colour that becomes zero, and is drawn before the channels change places.
    mean: values.bgr ? normalization.mean.toReversed() : normalization.mean,
    std: normalization.std,
  });
  return {
    imageShape,
    view: values.bgr ? (image, random) => reversedPlanes(view(image, random)) : view,
    normalization,
  };
}

/** (p / 255 · scale − mean) / std, written for bytes in units of the full scale. */
function normalizationBy({ scale, mean, std, bgr }: PreparationValues, own: Preprocessing): Normalization {
  if (scale === undefined && mean === undefined && std === undefined) {
    return bgr ? { mean: own.mean.toReversed(), std: own.std.toReversed() } : own;
  }
  const [channels] = own.inputSize;
  const scaled = (values: readonly number[]): number[] => values.map((value) => value / (scale ?? 1));
  return {
    mean: scaled(perChannel("--mean", mean ?? [0], channels)),
    std: scaled(perChannel("--std", std ?? [1], channels)),
  };
}

function perChannel(name: string, values: readonly number[], channels: number): readonly number[] {
  if (values.length === 1) return new Array<number>(channels).fill(values[0]!);
  if (values.length === channels) return values;
  throw new UsageError(`${name} has ${values.length} numbers, but the network takes ${channels} channels`);
}

function reversedPlanes(bytes: Uint8Array): Uint8Array {
  const plane = bytes.length / 3;
  const reversed = new Uint8Array(bytes.length);
  for (let c = 0; c < 3; c++) reversed.set(bytes.subarray(c * plane, (c + 1) * plane), (2 - c) * plane);
  return reversed;
}
