import { FileError } from "../core/errors.ts";
import type { RunConfig } from "../train/run-folder.node.ts";
import { type ImageForm, isRecord, readImageForm } from "./image-form.ts";
import { parseSettings, type TrainingSettings } from "./training-settings.ts";

/** The content of a run's config.json. */
export interface TrainedConfig {
  readonly settings: TrainingSettings;
  readonly images: ImageForm;
  /** What batch normalizations add to the variance, where trained parameters decided that. */
  readonly batchNormEps?: number;
}

const format = "fovea-run-1";

export function writeRunConfig({ settings, images, batchNormEps }: TrainedConfig): RunConfig {
  return { format, settings, images, ...(batchNormEps !== undefined && { batchNormEps }) };
}

/** @throws FileError that names the field which is not what it must be. */
export function readRunConfig(config: RunConfig, file: string): TrainedConfig {
  const need = (holds: boolean, problem: string): void => {
    if (!holds) throw new FileError(file, problem);
  };
  need(config["format"] === format, `is no configuration of a run: it has no format "${format}"`);
  const { settings, images, batchNormEps } = config;
  const isEps = typeof batchNormEps === "number" && batchNormEps > 0;
  need(batchNormEps === undefined || isEps, "batchNormEps is no positive number");
  need(isRecord(settings), "settings is no record");
  return {
    settings: readSettings(settings as Record<string, unknown>, file),
    images: readImageForm(images, file),
    ...(isEps && { batchNormEps }),
  };
}

/** Puts the file and the field in front of an error. */
function readSettings(settings: Record<string, unknown>, file: string): TrainingSettings {
  try {
    return parseSettings(settings);
  } catch (cause) {
    throw new FileError(file, `settings: ${(cause as Error).message}`, undefined, { cause });
  }
}
