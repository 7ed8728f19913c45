import type { Checkpoint } from "./checkpoint.ts";
import type { Evaluation } from "./evaluate.ts";
import type { FitResult } from "./fit-options.ts";
import type { UnitCounts } from "./monitor.ts";
import type { ParameterNorms } from "./observation.ts";
import type { EpochRecord, Position } from "./position.ts";
import type { Scores } from "./totals.ts";

/** What a training tells while it runs. */
export type FitEvent =
  | StartEvent
  | StepEvent
  | MonitorEvent
  | EvaluationEvent
  | EpochEvent
  | CheckpointEvent
  | EndEvent;

export interface StartEvent {
  readonly kind: "start";
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** Numbers that are learned. */
  readonly parameters: number;
  /** Where a resumed training goes on. */
  readonly resumedAt: Position | undefined;
}

/** Means since the last event of this kind. */
export interface StepEvent {
  readonly kind: "step";
  /** The epoch under way, counted from 1. */
  readonly epoch: number;
  /** Updates so far. */
  readonly step: number;
  /** Of the last update. */
  readonly learningRate: number;
  readonly scores: Scores;
  readonly imagesPerSecond: number;
  /** Until the last update, at the present pace; evaluations are not counted. */
  readonly secondsLeft: number;
}

/** What one update looked like from inside, where `monitor` asks for it. */
export interface MonitorEvent {
  readonly kind: "monitor";
  /** The epoch under way, counted from 1. */
  readonly epoch: number;
  /** The update's number, counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** √Σ g² of all gradients together, before they are clipped. */
  readonly gradientNorm: number;
  /** By the parameter's path; frozen ones are left out. */
  readonly parameters: Readonly<Record<string, ParameterNorms<number>>>;
  /** By the path of each ReLU and ReLU6. */
  readonly rectifiers: Readonly<Record<string, UnitCounts>>;
}

export interface EvaluationEvent {
  readonly kind: "evaluation";
  readonly epoch: number;
  readonly dataset: "validation" | "test";
  readonly evaluation: Evaluation;
}

export interface EpochEvent {
  readonly kind: "epoch";
  readonly record: EpochRecord;
  /** Since the epoch began in this process. */
  readonly seconds: number;
}

export interface CheckpointEvent {
  readonly kind: "checkpoint";
  readonly checkpoint: Checkpoint;
}

export interface EndEvent {
  readonly kind: "end";
  readonly result: FitResult;
}
