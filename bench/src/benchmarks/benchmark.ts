/** Work that every side does on the same numbers. */
export interface Benchmark {
  readonly name: string;
  /** The sides that have a task of this name take part. */
  readonly task: string;
  /** The network, where the task is for any. */
  readonly network?: string;
  /** Images of one run. */
  readonly batchSize: number;
  /** What one run does. */
  readonly description: string;
  /** Runs whose outputs are compared before anything is timed. */
  readonly checkedRuns: number;
  /** How far they may lie apart, relative to the largest of a run, for the work to count as equal. */
  readonly tolerance: number;
  /** Writes the inputs and initial parameters into a folder, in the forms in which the sides read them. */
  prepare(folder: string): void | Promise<void>;
}
