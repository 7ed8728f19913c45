import type { Graph } from "./graph.ts";
import type { Storage } from "./storage.ts";

/** One kernel of a program, for people and for `describe`. */
export interface KernelInfo {
  readonly name: string;
  /** What kind of code it is: a map, a reduction, a contraction, … */
  readonly kind: string;
  readonly shape: readonly number[];
  /** Whether it runs only when the variables that it reads have changed, ahead of the other kernels. */
  readonly ahead: boolean;
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  /** Bytes read and written by one run, each buffer counted once. */
  readonly bytes: number;
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
  /** Computes the outputs; `inputs` are in the order of the graph's. */
  run(inputs: readonly ProgramInput[]): Promise<Storage[]>;
  describe(): readonly KernelInfo[];
}

export interface Backend {
  readonly name: string;
  compile(graph: Graph): Program | Promise<Program>;
}
