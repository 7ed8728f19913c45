import { FoveaError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { normalizeBytes } from "../data/preprocess.ts";
import type { ImageShape } from "../data/source.ts";
import { decodeImage } from "../io/decode-image.ts";
import { readFile } from "../io/files.node.ts";
import type { TransferOptions } from "../io/http/transfer-options.ts";
import { findEntry } from "../models/registry.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { importOnnx } from "../onnx/import/import-onnx.ts";
import { readOnnx } from "../onnx/read-onnx.node.ts";
import { inputShapeOf, isOnnx } from "./classify-onnx.ts";
import { type ClassifyValues, openClassifyingModel } from "./classify-source.ts";
import type { ClassifyingModel } from "./classifying-model.ts";
import { makeNamedModel, modelOptions } from "./model-operand.ts";
import { flag, integer, type OptionsFor, text } from "./option.ts";
import { preparationOptions, preparedBy } from "./preparation-options.ts";
import { UsageError } from "./usage-error.ts";
import { usualPreprocessing } from "./usual-preprocessing.ts";

interface NetworkValues extends ClassifyValues {
  readonly input: ImageShape | undefined;
  readonly classes: number | undefined;
  readonly pretrained: boolean;
  readonly seed: number;
}

/** A network to look into, with what is needed to show it images. */
export interface Network extends ClassifyingModel {
  readonly name: string;
  /** Whether its parameters come from training, and not from chance. */
  readonly trained: boolean;
}

/** A network of which only the operations count, not what it makes of images. */
export interface Structure {
  readonly name: string;
  readonly model: Module;
  /** Of one input, without the batch. */
  readonly input: Shape;
}

type StructureValues = Pick<NetworkValues, "input" | "classes" | "pretrained" | "architecture" | "size">;

/** Options of every command that looks into a network. */
export const networkOptions: OptionsFor<NetworkValues> = {
  ...(modelOptions as OptionsFor<Pick<NetworkValues, "input" | "classes">>),
  pretrained: flag("takes the published weights of a network of the registry, not random ones"),
  seed: integer("seed of random parameters and images", { initial: 0, least: 0 }),
  architecture: text("NAME", "the network that a file of weights is for, where it does not say"),
  ...preparationOptions,
};

/** Options of every command that needs no images. */
export const structureOptions: OptionsFor<StructureValues> = {
  input: networkOptions.input,
  classes: networkOptions.classes,
  pretrained: networkOptions.pretrained,
  architecture: networkOptions.architecture,
  size: networkOptions.size,
};

/** For the help of commands that look into a network. */
export const whatNetworksAre: string =
  "MODEL is a network of the registry (random weights, or --pretrained), a run of fovea train, an ONNX file, a file or " +
  'a repository of weights. "fovea models" lists the networks.';

/** The network that an operand means, in eval mode. @throws UsageError if there is none such. */
export async function openNetwork(
  name: string,
  values: NetworkValues,
  transfer: TransferOptions = {},
): Promise<Network> {
  if (findEntry(name) !== undefined && !values.pretrained) {
    manualSeed(values.seed);
    const { model, input } = makeNamedModel(name, values);
    const prepared = preparedBy(values, usualPreprocessing(input as ImageShape));
    return { name, model: model.eval(), ...prepared, labels: undefined, trained: false };
  }
  const told = (["input", "classes"] as const).find((key) => values[key] !== undefined);
  if (told !== undefined) throw new UsageError(`--${told} is for networks with random weights`);
  const network = await openClassifyingModel(name, values, transfer);
  network.model.eval();
  return { name, ...network, trained: true };
}

/** The network that an operand means, also one that takes no images, in eval mode. @throws UsageError if there is none such. */
export async function openStructure(
  name: string,
  values: StructureValues,
  transfer: TransferOptions = {},
): Promise<Structure> {
  const size = ([channels, ...sides]: Shape): Shape =>
    values.size === undefined ? [channels!, ...sides] : [channels!, ...sides.map(() => values.size!)];
  if (findEntry(name) !== undefined && !values.pretrained) {
    const { model, input } = makeNamedModel(name, values);
    return { name, model: model.eval(), input: values.input ?? size(input) };
  }
  if (values.classes !== undefined) throw new UsageError("--classes is for networks with random weights");
  if (isOnnx(name)) {
    const model = importOnnx(await readOnnx(name));
    return { name, model, input: values.input ?? inputShapeOf(model, name, values.size) };
  }
  const initial = Object.fromEntries(
    Object.entries(networkOptions).map(([key, option]) => [key, option.initial]),
  ) as unknown as NetworkValues;
  const network = await openNetwork(name, { ...initial, ...values, input: undefined }, transfer);
  return { name, model: network.model, input: values.input ?? network.imageShape };
}

/**
 * What the network sees of an image file, as bytes (C, H, W) before they are normalized.
 *
 * @throws FoveaError that names the file which is no image.
 */
export async function viewImage(file: string, { view }: Network): Promise<Uint8Array> {
  const image = await decodeImage(await readFile(file), file);
  try {
    return view(image, undefined);
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    throw new UsageError(`${file}: ${error.message}`);
  }
}

/**
 * Image files as the network's input, [N, C, H, W], prepared and normalized.
 *
 * @throws FoveaError that names the file which is no image.
 */
export async function readImages(files: readonly string[], network: Network): Promise<Tensor> {
  const { imageShape, normalization } = network;
  const images = await Promise.all(
    files.map(async (file) => normalizeBytes(await viewImage(file, network), normalization)),
  );
  const size = imageShape[0] * imageShape[1] * imageShape[2];
  const all = new Float32Array(images.length * size);
  images.forEach((each, i) => {
    all.set(each, i * size);
  });
  return tensor(all, { shape: [images.length, ...imageShape] });
}
