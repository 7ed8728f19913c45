/**
 * What the measuring process asks of a side's process, one JSON object a line on its standard input.
 *
 * Each request is answered by one line on standard output; everything else that a library prints goes to standard error.
 */
export type Request =
  /** Loads the library, builds the task, runs it once and answers with what was loaded. */
  | ({ readonly do: "start" } & Work)
  /** Answers with the outputs of so many runs from the beginning. */
  | { readonly do: "check"; readonly runs: number }
  /** Runs for at least this time and at least once; begins again, unmeasured, every `runsUntilReset` runs. */
  | { readonly do: "time"; readonly milliseconds: number };

/** What a side is to do, and where the numbers are. */
export interface Work {
  readonly task: string;
  /** The network, where the task is for any. */
  readonly network?: string;
  /** With the files of `benchmarks/files.ts`: the inputs and the initial parameters. */
  readonly folder: string;
  readonly settings: Settings;
}

export interface Settings {
  readonly threads: number;
  /** For libraries with several. */
  readonly backend?: string;
  /** One of the side's modes for the task, where there are several. */
  readonly mode?: string;
}

export interface Started {
  /** The library with its version and mode, such as "PyTorch 2.13.0, eager". */
  readonly version: string;
}

export interface Checked {
  /** Of each run. */
  readonly outputs: readonly (readonly number[])[];
}

export interface Timed {
  readonly runs: number;
  readonly milliseconds: number;
  /** The most memory that the process has had until now. */
  readonly peakBytes: number;
}

/** What the library said when it could not do it. */
export interface Refused {
  readonly error: string;
}

export type Reply<R extends Request> = { start: Started; check: Checked; time: Timed }[R["do"]];

/**
 * Fast sides make many steps of a training while slow ones make a few, and must not come to another kind of work: units
 * that die on a single batch, and then momentum that falls into the denormal numbers, which cost time of their own.
 */
export const runsUntilReset = 25;
