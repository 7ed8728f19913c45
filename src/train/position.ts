import type { EarlyStoppingState } from "./early-stopping.ts";
import type { Scores, Totals } from "./totals.ts";

/** What one epoch brought. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Updates so far. */
  readonly step: number;
  /** Of the epoch's last update. */
  readonly learningRate: number;
  /** Means over the epoch, while the parameters changed. */
  readonly train: Scores;
  /** Of the parameters at the end of the epoch, where there is a dataset for it. */
  readonly evaluation?: Scores;
}

/** What must be the same for a training to go on: what decides the batches and their order, and what is added up. */
export interface Continuity {
  /** The metrics' names, with commas between. */
  readonly metrics: string;
  readonly seed: number;
  readonly samples: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly dropLast: boolean;
}

/** Where in its run a training stands, between two updates; plain data without wall-clock times. */
export interface Position {
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Batches that are done of the next epoch. */
  readonly batch: number;
  /** Updates so far. */
  readonly step: number;
  /** Lines of metrics recorded so far. */
  readonly lines: number;
  /** Sums over the epoch under way. */
  readonly epochTotals: Totals;
  /** Sums since the last report. */
  readonly reportTotals: Totals;
  readonly earlyStopping: EarlyStoppingState;
  readonly history: readonly EpochRecord[];
  readonly continuity: Continuity;
}
