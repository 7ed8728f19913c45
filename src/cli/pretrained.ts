import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import { readFile } from "../io/files.node.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { parseSafetensors } from "../io/safetensors.ts";
import { isSafetensors } from "../io/weights/parse-weights.ts";
import { loadInto, openPretrained } from "../models/load-pretrained.ts";
import type { Module } from "../nn/module.ts";
import { type StateDict, StateDictError } from "../nn/state-dict.ts";
import { loadTransferred } from "../nn/transfer.ts";
import { checkpointFormat, parseCheckpoint } from "../train/checkpoint.ts";
import { published } from "./classify-published.ts";
import { publishedWeights } from "./fine-tuning.ts";
import { requireModel } from "./model-operand.ts";
import { preprocessingFor, type TrainedConfig } from "./run-config.ts";
import { checkpointName, makeModel, openRun } from "./saved-run.ts";
import type { TrainingSettings } from "./training-settings.ts";
import { UsageError } from "./usage-error.ts";

/** Of ImageNet's photographs, for colours in general. */
const colors = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The network of a run before its first step: with trained parameters, where the settings name some. */
export async function makePretrained(config: TrainedConfig): Promise<Module> {
  const model = makeModel(config);
  const { pretrained, model: name } = config.settings;
  if (pretrained === undefined) return model;
  const load = await readPretrained(pretrained, name);
  try {
    await load(model);
  } catch (cause) {
    if (!(cause instanceof StateDictError)) throw cause;
    throw new FileError(pretrained, cause.message, undefined, { cause });
  }
  return model;
}

/**
 * What a network takes of photographs: as the trained parameters were used before, or as its published ones are, or its
 * own input in colour.
 */
export async function choosePreprocessing(
  settings: Pick<TrainingSettings, "model" | "pretrained" | "imageSize">,
): Promise<Preprocessing> {
  const { model, pretrained, imageSize } = settings;
  const { inputShape, weights } = requireModel(model, "--model");
  const [, height, width] = inputShape as [number, number, number];
  const known =
    (pretrained === undefined ? undefined : await preprocessingOf(pretrained, model)) ??
    weights?.preprocessing ??
    cropTo([3, height, width]);
  if (imageSize === undefined) return known;
  const resize = Math.round((known.resize * imageSize) / known.inputSize[1]);
  return { ...known, inputSize: [known.inputSize[0], imageSize, imageSize], resize };
}

/** The usual way to a size: the middle, 7/8 of the shorter side. */
function cropTo(inputSize: Preprocessing["inputSize"]): Preprocessing {
  const resize = Math.round(Math.max(inputSize[1], inputSize[2]) / 0.875);
  return { inputSize, resize, interpolation: "bilinear", cropMode: "center", ...colors };
}

/** How a source's images were prepared; undefined where it does not say. */
async function preprocessingOf(source: string, model: string): Promise<Preprocessing | undefined> {
  if (await isRun(source)) return preprocessingFor((await openRun(source)).images);
  if (source === publishedWeights || !(await published.has(source))) return undefined;
  return (await openPretrained(source, { architecture: model })).preprocessing;
}

/**
 * What loads trained parameters into a network of the model.
 *
 * @param source a run's folder, {@link publishedWeights}, a checkpoint, or what `loadPretrained` takes.
 */
async function readPretrained(source: string, model: string): Promise<(network: Module) => Promise<unknown>> {
  const { head, weights } = requireModel(model, "--model");
  const transfer = (state: StateDict) => (network: Module) => loadTransferred(network, state, head);
  if (source === publishedWeights && weights === undefined) {
    throw new UsageError(
      `--pretrained needs a source, such as a file or a run's folder: ${model} has no published weights`,
    );
  }
  if (await isRun(source)) {
    const { settings } = await openRun(source);
    if (settings.model !== model) {
      throw new UsageError(`--pretrained ${source} is a run of ${settings.model}, but --model is ${model}`);
    }
    const file = join(source, checkpointName);
    return transfer(parseCheckpoint(await readFile(file), file).model);
  }
  const onDisk = await isOf(source, "file");
  const checkpoint = onDisk ? await readCheckpoint(source) : undefined;
  if (checkpoint !== undefined) return transfer(checkpoint);
  if (source !== publishedWeights && !onDisk && !(await published.has(source))) {
    throw new FileError(source, "does not exist");
  }
  const opened = await openPretrained(source === publishedWeights ? model : source, { architecture: model });
  return (network) => loadInto(network, opened);
}

/** The parameters in a file, if it is the checkpoint of a run. */
async function readCheckpoint(file: string): Promise<StateDict | undefined> {
  const bytes = await readFile(file);
  if (!isSafetensors(bytes) || parseSafetensors(bytes, file).metadata["format"] !== checkpointFormat)
    return undefined;
  return parseCheckpoint(bytes, file).model;
}

/** A folder of a run, and not one of published weights. */
async function isRun(source: string): Promise<boolean> {
  return (await isOf(source, "folder")) && !(await published.has(source));
}

function isOf(path: string, kind: "file" | "folder"): Promise<boolean> {
  return stat(path).then(
    (found) => (kind === "file" ? found.isFile() : found.isDirectory()),
    () => false,
  );
}
