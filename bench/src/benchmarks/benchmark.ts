import type { Tensors } from "../sides/side.ts";

/** Work that every side does on the same numbers. */
export interface Benchmark {
  /** Sides have a task of this name. */
  readonly name: string;
  /** Images of one run. */
  readonly batchSize: number;
  /** What one run does. */
  readonly description: string;
  /** Runs whose outputs are compared before anything is timed. */
  readonly checkedRuns: number;
  /** How far they may lie apart, relative to the largest of a run, for the work to count as equal. */
  readonly tolerance: number;
  /** The inputs and initial parameters. */
  tensors(): Tensors;
}
