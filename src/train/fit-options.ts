import { ArgumentError } from "../core/errors.ts";
import type { BatchMix } from "../data/augment/batch-mix.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Transform } from "../data/transforms.ts";
import type { Generator } from "../ops/generator.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EarlyStoppingOptions } from "./early-stopping.ts";
import type { Evaluation } from "./evaluate.ts";
import type { FitEvent } from "./events.ts";
import type { FreezeOptions } from "./freezer.ts";
import type { LossOptions } from "./loss.ts";
import type { Metric } from "./metrics.ts";
import type { MonitorOptions } from "./monitor.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import type { EpochRecord } from "./position.ts";
import type { Run } from "./run.ts";
import { checkSchedule, type Schedule } from "./schedules.ts";

/** When checkpoints are made, besides the end and an abort; what comes first counts. */
export interface CheckpointInterval {
  readonly steps?: number;
  readonly seconds?: number;
  readonly epochs?: number;
}

export interface FitOptions extends LossOptions {
  readonly train: Dataset;
  /** Evaluated after every epoch. */
  readonly validation?: Dataset;
  /** Evaluated after every epoch, or, where there is a `validation`, only once at the end. */
  readonly test?: Dataset;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  /** Without one the learning rate stays what it is. */
  readonly schedule?: Schedule;
  /** Accuracy unless told. */
  readonly metrics?: readonly Metric[];
  /** The largest norm of all gradients together; not limited unless told. */
  readonly clipNorm?: number;
  /** Batches that make up one update; 1 unless told. */
  readonly accumulate?: number;
  /** Leaves out an epoch's last batch where it is smaller than the others. */
  readonly dropLast?: boolean;
  /** Changes training samples at random. */
  readonly transform?: Transform;
  /** Mixes the samples of each training batch, as `mixUp` and `cutMix` do; scores in training count parts then. */
  readonly mix?: BatchMix;
  /** Keeps parts of the model as they are, for all epochs or the first ones. */
  readonly freeze?: FreezeOptions;
  /** 256 unless told. */
  readonly evaluationBatchSize?: number;
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Decides the order of samples, the transforms and the default generator's numbers; 0 unless told. */
  readonly seed?: number;
  /** Generators of its own that the model draws from, by name: a checkpoint then holds their states as well. */
  readonly generators?: Readonly<Record<string, Generator>>;
  /** Updates between two step events, which are when losses are looked at; 10 unless told. */
  readonly reportEvery?: number;
  /**
   * Tells of gradients, updates and dead units now and then, by a program of its own for the updates that are looked at;
   * it computes the same update, but may round it otherwise.
   */
  readonly monitor?: MonitorOptions | undefined;
  /** Is waited for. */
  readonly onEvent?: (event: FitEvent) => void | Promise<void>;
  /** Ends the training after the update under way. */
  readonly signal?: AbortSignal | undefined;
  readonly run?: Run;
  /** Once an epoch unless told, where there is a `run`. */
  readonly checkpointEvery?: CheckpointInterval;
  readonly resumeFrom?: Checkpoint | undefined;
}

export interface FitResult {
  /** One record an epoch. */
  readonly history: readonly EpochRecord[];
  /** Updates in all. */
  readonly steps: number;
  readonly stopped: "finished" | "early" | "aborted";
  /** Of the dataset `test` at the end. */
  readonly test: Evaluation | undefined;
  /** The last checkpoint that was made. */
  readonly checkpoint: Checkpoint | undefined;
}

/** @throws ArgumentError for the first option that cannot be meant. */
export function checkFitOptions(options: FitOptions): void {
  const { train, batchSize, dropLast, schedule, clipNorm, earlyStopping, checkpointEvery = {} } = options;
  const counts = {
    epochs: options.epochs,
    batchSize,
    accumulate: options.accumulate,
    evaluationBatchSize: options.evaluationBatchSize,
    reportEvery: options.reportEvery,
    "monitor.every": options.monitor?.every,
    "earlyStopping.patience": earlyStopping?.patience,
    "checkpointEvery.steps": checkpointEvery.steps,
    "checkpointEvery.epochs": checkpointEvery.epochs,
    "freeze.epochs": options.freeze?.epochs,
  };
  for (const [name, value] of Object.entries(counts)) {
    need(
      value === undefined || (Number.isSafeInteger(value) && value >= 1),
      `${name} must be a positive integer, but is ${value}`,
    );
  }
  const { seed = 0 } = options;
  need(Number.isSafeInteger(seed) && seed >= 0, `seed must be an integer from 0 to 2^53 - 1, but is ${seed}`);
  need(clipNorm === undefined || clipNorm > 0, `clipNorm must be positive, but is ${clipNorm}`);
  const { seconds = 0 } = checkpointEvery;
  need(seconds >= 0, `checkpointEvery.seconds must be at least 0, but is ${seconds}`);
  need(train.length > 0, "the training set has no samples");
  need(
    !dropLast || train.length >= batchSize,
    `dropLast leaves nothing of ${train.length} samples with a batchSize of ${batchSize}`,
  );
  need(
    !earlyStopping || options.validation !== undefined || options.test !== undefined,
    "earlyStopping looks at an evaluation: give a dataset as validation or test",
  );
  if (schedule) checkSchedule(schedule);
}

function need(holds: boolean, what: string): void {
  if (!holds) throw new ArgumentError(`fit: ${what}`);
}
