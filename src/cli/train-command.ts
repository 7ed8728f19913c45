import { join } from "node:path";
import { ArgumentError, type FileError } from "../core/errors.ts";
import type { TrainTest } from "../data/mnist.ts";
import { writeFileAtomic } from "../io/files.node.ts";
import type { TransferOptions } from "../io/http/transfer-options.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import type { Module } from "../nn/module.ts";
import type { Checkpoint } from "../train/checkpoint.ts";
import type { FitEvent } from "../train/events.ts";
import { fit as trainModel } from "../train/fit.ts";
import { RunFolder } from "../train/run-folder.node.ts";
import { TensorBoardLog } from "../train/tensorboard-log.node.ts";
import type { Arguments } from "./arguments.ts";
import { trainViewOf } from "./augmentation.ts";
import { type Command, defineCommand } from "./command.ts";
import { imageFormOf, preprocessingFor } from "./image-form.ts";
import { type Interruption, listenForInterruption } from "./interruption.ts";
import { isImageFolder, loadData } from "./load-data.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { integer, type Option, text } from "./option.ts";
import { batchNormEpsOf, choosePreprocessing, makePretrained } from "./pretrained.ts";
import { writeRunConfig } from "./run-config.ts";
import { configName, makeModel, newRunPath, openRun, type SavedRun } from "./saved-run.ts";
import { printable } from "./style.ts";
import type { Terminal } from "./terminal.ts";
import { TrainingDisplay } from "./training-display.ts";
import { evaluationRecord, eventRecord } from "./training-json.ts";
import { planTraining } from "./training-plan.ts";
import { reportInterruption, reportTraining } from "./training-report.ts";
import {
  completeSettings,
  refuseSettings,
  settingOptions,
  type TrainingSettings,
} from "./training-settings.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";

const options = {
  ...settingOptions,
  run: text("DIR", "the folder for the run (default: runs/MODEL-DATA-TIME)"),
  resume: text("RUN", "goes on with a run where its last checkpoint was made, also for more --epochs"),
  tensorboard: {
    placeholder: "[DIR]",
    help: "writes TensorBoard's events to a folder (alone: the run's own folder)",
    initial: undefined,
    bare: "",
    parse: (value) => value,
  } satisfies Option<string | undefined>,
  tensorboardEvery: integer(
    "updates between two of which gradients, weights and dead units are written (default: 50)",
    { initial: undefined, least: 1 },
  ),
  checkpointEvery: integer("updates between checkpoints, besides one for each epoch and each minute", {
    initial: undefined,
    least: 1,
  }),
  ...machineOptions,
} as const;

export const train: Command = defineCommand({
  name: "train",
  summary: "Train a network to classify images and save the run",
  details:
    "Ctrl-C (or SIGTERM) finishes the step, saves a checkpoint and ends with exit code 130 (143); a second one ends " +
    "at once. Equal settings give the same network to the bit on one machine, also when a run was interrupted and " +
    "resumed.",
  operands: { name: "", least: 0, most: 0 },
  options,
  examples: [
    "fovea train",
    "fovea train --data mnist --epochs 3 --run runs/mine",
    "fovea train --model batch-norm-net --data fashion-mnist --optimizer adamw --shift 2",
    "fovea train --resume runs/mine --epochs 6",
    "fovea train --model cifar_resnet20 --data cifar10 --tensorboard",
    "fovea train --model resnet18 --pretrained --data photos --freeze-epochs 1 --augment light",
  ],
  run: runTraining,
});

type TrainArguments = Arguments<typeof options>;

async function runTraining(args: TrainArguments, terminal: Terminal): Promise<number> {
  const { threads, json, tensorboard, tensorboardEvery } = args.values;
  if (tensorboardEvery !== undefined && tensorboard === undefined) {
    throw new UsageError("--tensorboard-every belongs to --tensorboard");
  }
  useThreads(threads);
  const display = new TrainingDisplay(terminal);
  using interruption = listenForInterruption(() => {
    if (!json) display.note("Finishing the step; once more to end at once");
  });
  let prepared: Prepared;
  try {
    const loading = {
      terminal,
      signal: interruption.signal,
      onBroken: ({ message }: FileError) => terminal.problem(`fovea train: left out: ${printable(message)}`),
    };
    prepared = await (args.values.resume === undefined
      ? beginRun(args, loading)
      : continueRun(args, args.values.resume, loading));
  } catch (error) {
    // A download that was interrupted is no failure.
    if (!interruption.signal.aborted) throw error;
    return interruption.exitCode;
  }
  return await trainRun(prepared, args, interruption, display, terminal);
}

interface Loading {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly onBroken: (error: FileError) => void;
}

interface Prepared {
  readonly run: SavedRun;
  /** Before its first step, or to be given the checkpoint's parameters. */
  readonly model: Module;
  readonly data: TrainTest;
  readonly checkpoint: Checkpoint | undefined;
}

function downloading<T>(
  { terminal, signal }: Loading,
  action: (transfer: TransferOptions) => Promise<T>,
): Promise<T> {
  return watchingDownloads(terminal, (options) => action({ ...options, signal }));
}

/** A new run in a folder of its own. */
async function beginRun({ values }: TrainArguments, loading: Loading): Promise<Prepared> {
  const settings = completeSettings(values);
  const preprocessing = await downloading(loading, (transfer) => choosePreprocessing(settings, transfer));
  const data = await loadTrainingData(settings, preprocessing, loading);
  const photographs = await isImageFolder(settings.data);
  if (settings.imageSize !== undefined && !photographs) {
    throw new UsageError(`--image-size is for photographs, and the images of ${settings.data} have one size`);
  }
  const form = { settings, images: imageFormOf(data.train, photographs ? preprocessing : undefined) };
  const model = await downloading(loading, (transfer) => makePretrained(form, transfer));
  const batchNormEps = settings.pretrained === undefined ? undefined : batchNormEpsOf(model);
  const config = { ...form, ...(batchNormEps !== undefined && { batchNormEps }) };
  const content = writeRunConfig(config);
  const path = values.run ?? newRunPath(settings.model, settings.data, new Date());
  const folder = await RunFolder.create(path, content).catch((error: unknown) => {
    if (error instanceof ArgumentError) throw new UsageError(`--run: ${error.message}`);
    throw error;
  });
  return { run: { folder, ...config }, model, data, checkpoint: undefined };
}

/** A run that is there already, with more epochs if they were asked for. */
async function continueRun(
  { values, given }: TrainArguments,
  path: string,
  loading: Loading,
): Promise<Prepared> {
  refuseSettings(given, ["epochs"]);
  if (values.run !== undefined)
    throw new UsageError("--run is a folder for a new run: leave it out with --resume");
  const run = await openRun(path);
  const data = await loadTrainingData(run.settings, preprocessingFor(run.images), loading);
  const checkpoint = await run.folder.checkpoint();
  const model = checkpoint
    ? makeModel(run)
    : await downloading(loading, (transfer) => makePretrained(run, transfer));
  if (values.epochs === undefined) return { run, model, data, checkpoint };
  const settings = completeSettings({ ...run.settings, epochs: values.epochs });
  const extended = { ...run, settings };
  const content = `${JSON.stringify(writeRunConfig(extended), null, 2)}\n`;
  await writeFileAtomic(join(path, configName), new TextEncoder().encode(content));
  return { run: extended, model, data, checkpoint };
}

/** The images to train and to judge with; trained parameters get those that they were trained on, in scale. */
async function loadTrainingData(
  settings: TrainingSettings,
  preprocessing: Preprocessing,
  { signal, onBroken }: Loading,
): Promise<TrainTest> {
  const trainView = trainViewOf(settings, preprocessing);
  const photographs = { preprocessing, seed: settings.seed, onBroken, ...(trainView && { trainView }) };
  const { train, test } = await loadData(settings, { photographs, signal });
  const { mean, std } = preprocessing;
  if (settings.pretrained === undefined || mean.length !== train.imageShape[0]) return { train, test };
  return { train: train.normalized({ mean, std }), test: test.normalized({ mean, std }) };
}

async function trainRun(
  { run, model, data, checkpoint }: Prepared,
  { values }: TrainArguments,
  interruption: Interruption,
  display: TrainingDisplay,
  terminal: Terminal,
): Promise<number> {
  const { json, checkpointEvery, tensorboard, tensorboardEvery = 50 } = values;
  const { folder, settings, images } = run;
  const log =
    tensorboard === undefined ? undefined : await TensorBoardLog.create(tensorboard || folder.path, model);
  if (!json) display.note(`${settings.model} on ${settings.data}, saved in ${folder.path}`);
  const began = performance.now();
  const print = (record: unknown): void => terminal.line(JSON.stringify(record));
  const onEvent = (event: FitEvent): Promise<void> | undefined => {
    const record = json ? eventRecord(event) : undefined;
    if (!json) display.show(event);
    else if (record) print(record);
    return log?.onEvent(event);
  };
  const result = await trainModel(model, {
    ...planTraining(settings, data, images),
    run: folder,
    resumeFrom: checkpoint,
    checkpointEvery: {
      epochs: 1,
      seconds: 60,
      ...(checkpointEvery !== undefined && { steps: checkpointEvery }),
    },
    ...(log && { monitor: { every: tensorboardEvery } }),
    signal: interruption.signal,
    onEvent,
  });
  const seconds = (performance.now() - began) / 1000;
  const { stopped, steps, test } = result;
  if (json) {
    const judged = test && evaluationRecord(test, images.classes);
    print({ kind: "end", run: folder.path, stopped, steps, seconds, ...(judged && { test: judged }) });
  } else if (stopped === "aborted") {
    display.clear();
    reportInterruption(steps, folder.path, terminal);
  } else {
    display.clear();
    await reportTraining({ model, dataset: data.test, result, seconds, path: folder.path }, terminal);
  }
  return interruption.exitCode;
}
