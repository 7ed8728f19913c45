import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import { readFile } from "../io/files.node.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { parseSafetensors } from "../io/safetensors.ts";
import type { Module } from "../nn/module.ts";
import { type StateDict, StateDictError } from "../nn/state-dict.ts";
import { loadTransferred } from "../nn/transfer.ts";
import { checkpointFormat, parseCheckpoint } from "../train/checkpoint.ts";
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
  const { file, state } = await readPretrained(pretrained, name);
  try {
    await loadTransferred(model, state, requireModel(name, "--model").head);
  } catch (cause) {
    if (!(cause instanceof StateDictError)) throw cause;
    throw new FileError(file, cause.message, undefined, { cause });
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
    pretrained !== undefined && (await isFolder(pretrained))
      ? preprocessingFor((await openRun(pretrained)).images)
      : (weights?.preprocessing ?? cropTo([3, height, width]));
  if (imageSize === undefined) return known;
  const resize = Math.round((known.resize * imageSize) / known.inputSize[1]);
  return { ...known, inputSize: [known.inputSize[0], imageSize, imageSize], resize };
}

/** The usual way to a size: the middle, 7/8 of the shorter side. */
function cropTo(inputSize: Preprocessing["inputSize"]): Preprocessing {
  const resize = Math.round(Math.max(inputSize[1], inputSize[2]) / 0.875);
  return { inputSize, resize, interpolation: "bilinear", cropMode: "center", ...colors };
}

interface Pretrained {
  readonly file: string;
  readonly state: StateDict;
}

/** @param source a file, a run's folder, or {@link publishedWeights}. */
async function readPretrained(source: string, model: string): Promise<Pretrained> {
  if (source === publishedWeights) {
    throw new UsageError("--pretrained needs a safetensors file or the folder of a run");
  }
  if (await isFolder(source)) {
    const { settings } = await openRun(source);
    if (settings.model !== model) {
      throw new UsageError(`--pretrained ${source} is a run of ${settings.model}, but --model is ${model}`);
    }
    return readTensors(join(source, checkpointName));
  }
  return readTensors(source);
}

/** The parameters in a safetensors file, which may be a checkpoint. */
async function readTensors(file: string): Promise<Pretrained> {
  const bytes = await readFile(file);
  const { tensors, metadata } = parseSafetensors(bytes, file);
  const state = metadata["format"] === checkpointFormat ? parseCheckpoint(bytes, file).model : tensors;
  return { file, state };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
