import type { Graph } from "./graph.ts";
import type { KernelTime, PhaseTime } from "./profile.ts";
import type { Storage } from "./storage.ts";

/** One kernel of a program, for people and for `describe`. */
export interface KernelInfo {
  readonly name: string;
  /** What kind of code it is: a map, a reduction, a contraction, … */
  readonly kind: string;
  /** How it computes that: "direct" and "packed" are matrix tiles that read B where it lies, or from a packed copy. */
  readonly algorithm: string;
  /** Rows and columns of its largest tile of a matrix product. */
  readonly tile: readonly [rows: number, columns: number] | undefined;
  readonly shape: readonly number[];
  /** Whether it runs only when the variables that it reads have changed, ahead of the other kernels. */
  readonly ahead: boolean;
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  /** Bytes read and written by one run, each buffer counted once. */
  readonly bytes: number;
  /** Median of its times in profiled runs, in milliseconds; undefined if it took part in none. */
  readonly ms: number | undefined;
  /** How many times that is the median of. */
  readonly runs: number;
}

export interface ProgramInput {
  readonly storage: Storage;
  /** Nobody else holds the storage, so the program may write over it (see `GraphOutput.replaces`). */
  readonly donated: boolean;
  /** The same storage will come again at later runs, so a copy in the backend's memory is worth keeping. */
  readonly lasting: boolean;
}

/** What a backend makes of a graph. */
export interface Program {
  readonly graph: Graph;
  /** The phases of its compilation, in order. */
  readonly compilation: readonly PhaseTime[];
  /** Computes the outputs; `inputs` are in the order of the graph's. */
  run(inputs: readonly ProgramInput[]): Promise<Storage[]>;
  describe(): readonly KernelInfo[];
  /**
   * Runs from now on take the time of each kernel for `describe` and `kernelTimes`, or no longer do. A profiled run
   * computes the same, kernel after kernel, and takes longer. To begin forgets the times so far.
   */
  profile(on: boolean): void;
  /** Every kernel's time in every profiled run, in order. */
  kernelTimes(): readonly KernelTime[];
}

export interface Backend {
  readonly name: string;
  compile(graph: Graph): Program | Promise<Program>;
}
