/**
 * What the measuring process asks of a side's process, one JSON object a line on its standard input.
 *
 * Each request is answered by one line on standard output; everything else that a library prints goes to standard error.
 */
export type Request =
  /** Loads the library, builds the task and answers with what was loaded. */
  | {
      readonly do: "start";
      readonly benchmark: string;
      /** A safetensors file with the inputs and the initial parameters. */
      readonly tensors: string;
      readonly settings: Settings;
    }
  /** Answers with the outputs of so many runs from the beginning. */
  | { readonly do: "check"; readonly runs: number }
  /** Runs for at least this time and at least once; begins again, unmeasured, every `runsUntilReset` runs. */
  | { readonly do: "time"; readonly milliseconds: number };

export interface Settings {
  readonly threads: number;
  /** For libraries with several. */
  readonly backend?: string;
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
