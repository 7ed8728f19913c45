import "../default-backend.ts";

export { type Checkpoint, parseCheckpoint, serializeCheckpoint } from "./checkpoint.ts";
export { ConfusionMatrix } from "./confusion-matrix.ts";
export { DivergenceError } from "./divergence-error.ts";
export type { EarlyStoppingOptions, EarlyStoppingState } from "./early-stopping.ts";
export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.ts";
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  EvaluationEvent,
  FitEvent,
  MonitorEvent,
  StartEvent,
  StepEvent,
} from "./events.ts";
export { fit } from "./fit.ts";
export type { CheckpointInterval, FitOptions, FitResult } from "./fit-options.ts";
export type { FreezeOptions } from "./freezer.ts";
export type { LossFunction } from "./loss.ts";
export { accuracy, type Metric, topK } from "./metrics.ts";
export type { MonitorOptions, UnitCounts } from "./monitor.ts";
export type { ParameterNorms } from "./observation.ts";
export * from "./optimizers/index.ts";
export type { Continuity, EpochRecord, Position } from "./position.ts";
export { MemoryRun, type MetricsLine, type Run } from "./run.ts";
export { type Horizon, learningRateAt, type Schedule, scheduleFactor } from "./schedules.ts";
export type { Scores } from "./totals.ts";
