import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ImageShape } from "../data/source.ts";
import type { TransferOptions } from "../io/http/transfer-options.ts";
import { type Preprocessing, withSide } from "../io/preprocessing.ts";
import { isWeightFile } from "../io/weights/weight-files.ts";
import { holdsWeights } from "../io/weights/weights.node.ts";
import { loadPretrained, type Pretrained, type PretrainedOptions } from "../models/load-pretrained.ts";
import { loadWeights } from "../models/load-weights.ts";
import { BatchNorm } from "../nn/batch-norm.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { publishedWeights } from "./fine-tuning.ts";
import { preprocessingFor } from "./image-form.ts";
import { requireModel } from "./model-operand.ts";
import type { TrainedConfig } from "./run-config.ts";
import {
  asOfFile,
  checkpointName,
  configName,
  makeModel,
  openRun,
  requireCheckpoint,
  type SavedRun,
} from "./saved-run.ts";
import type { TrainingSettings } from "./training-settings.ts";
import { UsageError } from "./usage-error.ts";
import { usualPreprocessing } from "./usual-preprocessing.ts";

/**
 * The network of a run before its first step: with trained parameters, where the settings name some, and a last layer
 * of its own where they are of another number of classes.
 */
export async function makePretrained(config: TrainedConfig, transfer: TransferOptions = {}): Promise<Module> {
  const { settings, images } = config;
  const { pretrained, seed } = settings;
  if (pretrained === undefined) return makeModel(config);
  const run = await runOf(pretrained, settings.model);
  if (run) return trainedFurther(run, config);
  // What the source does not have is drawn as for any new network.
  manualSeed(seed);
  const options = { ...transfer, numClasses: images.classes.length, inChannels: images.shape[0] };
  return (await openPublished(settings, pretrained, options)).model;
}

/** What a network takes of photographs: as the trained parameters were used before, or else as is usual. */
export async function choosePreprocessing(
  settings: Pick<TrainingSettings, "model" | "pretrained" | "imageSize">,
  transfer: TransferOptions = {},
): Promise<Preprocessing> {
  const { model, pretrained, imageSize } = settings;
  const known = await (pretrained === undefined
    ? undefined
    : preprocessingOf(settings, pretrained, transfer));
  const { inputShape, weights } = requireModel(model, "--model");
  const [, height, width] = inputShape as ImageShape;
  const chosen = known ?? weights?.preprocessing ?? usualPreprocessing([3, height, width]);
  return imageSize === undefined ? chosen : withSide(chosen, imageSize);
}

/** What a network's batch normalizations add to the variance, which weights from elsewhere may decide. */
export function batchNormEpsOf(model: Module): number | undefined {
  const norms = [...model.namedModules().values()].filter((module) => module instanceof BatchNorm);
  return norms[0]?.options.eps;
}

async function preprocessingOf(
  settings: Pick<TrainingSettings, "model">,
  source: string,
  transfer: TransferOptions,
): Promise<Preprocessing | undefined> {
  const run = await runOf(source, settings.model);
  if (run) return preprocessingFor(run.images);
  // Parameters alone say nothing of images.
  if (source === publishedWeights || isWeightFile(source)) return undefined;
  return (await openPublished(settings, source, transfer)).preprocessing;
}

/** The run that a source means, by its folder or its checkpoint. */
async function runOf(source: string, model: string): Promise<SavedRun | undefined> {
  const folder = basename(source) === checkpointName ? dirname(source) : source;
  if (!existsSync(join(folder, configName)) || holdsWeights(folder)) return undefined;
  const run = await openRun(folder);
  if (run.settings.model === model) return run;
  throw new UsageError(`--pretrained ${source} is a run of ${run.settings.model}, but --model is ${model}`);
}

async function trainedFurther(run: SavedRun, config: TrainedConfig): Promise<Module> {
  const { file, checkpoint } = await requireCheckpoint(run);
  const model = makeModel({ ...config, ...(run.batchNormEps && { batchNormEps: run.batchNormEps }) });
  const { head } = requireModel(config.settings.model, "--model");
  try {
    loadWeights(model, checkpoint.model, { head });
  } catch (error) {
    throw asOfFile(file, error);
  }
  return model;
}

/** A file of weights does not say which network it is for; what does must be the one that was asked for. */
async function openPublished(
  { model: name }: Pick<TrainingSettings, "model">,
  source: string,
  options: PretrainedOptions = {},
): Promise<Pretrained> {
  const opened = await loadPretrained(source === publishedWeights ? name : source, {
    ...options,
    ...(isWeightFile(source) && { architecture: name }),
  }).catch((error: unknown) => {
    throw asOfFile(source, error);
  });
  if (opened.entry.name === name) return opened;
  throw new UsageError(`--pretrained ${source} is for ${opened.entry.name}, but --model is ${name}`);
}
