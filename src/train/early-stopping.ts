import { ArgumentError } from "../core/errors.ts";
import type { Scores } from "./totals.ts";

export interface EarlyStoppingOptions {
  /** How many epochs in a row may bring nothing better. */
  readonly patience: number;
  /** A score of the evaluation; the loss unless told. */
  readonly metric?: string;
  /** Which values are better: small ones for the loss, large ones for others, unless told. */
  readonly better?: "smaller" | "larger";
  /** By how much a score must be better; 0 unless told. */
  readonly minDelta?: number;
}

/** Plain data, so that a checkpoint holds it. */
export interface EarlyStoppingState {
  readonly best: number | null;
  /** The epoch of the best score, counted from 1; 0 before the first. */
  readonly bestEpoch: number;
  /** Epochs since then. */
  readonly waited: number;
}

export const untried: EarlyStoppingState = { best: null, bestEpoch: 0, waited: 0 };

/** The state after one more epoch. */
export function judge(
  state: EarlyStoppingState,
  { metric = "loss", better = metric === "loss" ? "smaller" : "larger", minDelta = 0 }: EarlyStoppingOptions,
  epoch: number,
  scores: Scores,
): EarlyStoppingState {
  const score = scores[metric];
  if (score === undefined) {
    throw new ArgumentError(
      `earlyStopping: there is no score "${metric}"; the evaluation has ${Object.keys(scores).join(", ")}`,
    );
  }
  const gain =
    state.best === null ? Infinity : better === "smaller" ? state.best - score : score - state.best;
  return gain > minDelta
    ? { best: score, bestEpoch: epoch, waited: 0 }
    : { ...state, waited: state.waited + 1 };
}

export function isOver(state: EarlyStoppingState, { patience }: EarlyStoppingOptions): boolean {
  return state.waited >= patience;
}
