import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import { createModel } from "../models/create-model.ts";
import { setBatchNormEps } from "../models/timm/timm-tensors.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { type StateDict, StateDictError } from "../nn/state-dict.ts";
import type { Checkpoint } from "../train/checkpoint.ts";
import { RunFolder } from "../train/run-folder.node.ts";
import { readRunConfig, type TrainedConfig } from "./run-config.ts";
import { UsageError } from "./usage-error.ts";

/** Where runs go unless told. */
export const runsFolder = "runs";

export const configName = "config.json";
export const checkpointName = "checkpoint.safetensors";

/** A run that was made by `fovea train`. */
export interface SavedRun extends TrainedConfig {
  readonly folder: RunFolder;
}

/** @throws FileError that names the file which is missing or broken. */
export async function openRun(path: string): Promise<SavedRun> {
  const folder = await RunFolder.open(path);
  return { folder, ...readRunConfig(folder.config, join(path, configName)) };
}

/** The network of a run, before or after its training. */
export function makeModel({ settings, images, batchNormEps }: TrainedConfig): Module {
  manualSeed(settings.seed);
  const options = { numClasses: images.classes.length, inChannels: images.shape[0] };
  const model = createModel(settings.model, options);
  if (batchNormEps !== undefined) setBatchNormEps(model, batchNormEps);
  return model;
}

/** A run's network with the parameters of its last checkpoint, for use. @throws FileError if there is none. */
export async function loadTrained(run: SavedRun): Promise<Module> {
  const { file, checkpoint } = await requireCheckpoint(run);
  const model = makeModel(run);
  loadInto(model, checkpoint.model, file);
  return model.eval();
}

/** A run's last checkpoint. @throws FileError if there is none. */
export async function requireCheckpoint({
  folder,
}: SavedRun): Promise<{ readonly file: string; readonly checkpoint: Checkpoint }> {
  const file = join(folder.path, checkpointName);
  const checkpoint = await folder.checkpoint();
  if (checkpoint) return { file, checkpoint };
  throw new FileError(file, "does not exist: the training ended before its first checkpoint");
}

/** @param file what an error names. */
export function loadInto(model: Module, state: StateDict, file: string): void {
  try {
    model.loadStateDict(state);
  } catch (error) {
    throw asOfFile(file, error);
  }
}

/** A state that does not fit a network, as an error of the file that it is from; any other error as it is. */
export function asOfFile(file: string, error: unknown): unknown {
  if (!(error instanceof StateDictError)) return error;
  return new FileError(file, error.message, undefined, { cause: error });
}

/** The folder in runs/ whose checkpoint is the newest. @throws UsageError if there is none. */
export async function newestRun(): Promise<string> {
  const names = await readdir(runsFolder).catch((): string[] => []);
  let newest: { readonly path: string; readonly time: number } | undefined;
  for (const name of names.sort()) {
    const path = join(runsFolder, name);
    const time = await stat(join(path, checkpointName)).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (time !== undefined && time >= (newest?.time ?? 0)) newest = { path, time };
  }
  if (newest) return newest.path;
  throw new UsageError(`there is no run in ${runsFolder}/: name one by --run, or train one by fovea train`);
}

/** `runs/lenet5-digits-2026-11-22T18-05-30` */
export function newRunPath(model: string, data: string, now: Date): string {
  const name = data.split(/[\\/]/).filter(Boolean).at(-1) ?? "data";
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("-");
  return join(runsFolder, `${model}-${name}-${day}T${time}`);
}
