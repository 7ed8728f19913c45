import type { Module } from "../nn/module.ts";
import { checkFitOptions, type FitOptions, type FitResult } from "./fit-options.ts";
import { Training } from "./training.ts";

/**
 * Trains a model to classify: one compiled program an update, from the images to the new parameters.
 *
 * Equal options and an equal model give the same bits, also when the training is aborted or killed in between and goes
 * on from a checkpoint (see `resumeFrom`). An error of `onEvent` ends the training.
 *
 * @throws ArgumentError for options that cannot be meant, or a checkpoint of another training.
 * @throws DivergenceError if the loss is no longer finite; the last checkpoint is from before.
 */
export async function fit(model: Module, options: FitOptions): Promise<FitResult> {
  checkFitOptions(options);
  return new Training(model, options).run();
}
