import type { Graph } from "./graph.ts";
import type { Storage } from "./storage.ts";

/** One kernel of a program, for people and for `describe`. */
export interface KernelInfo {
  readonly name: string;
  /** What kind of code it is: a map, a reduction, a contraction, … */
  readonly kind: string;
  readonly shape: readonly number[];
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  /** Bytes read and written by one run, each buffer counted once. */
  readonly bytes: number;
}

/** What a backend makes of a graph. */
export interface Program {
  readonly graph: Graph;
  /**
   * Computes the outputs.
   *
   * @param inputs one storage for each of the graph's inputs, in order.
   * @param donated whether the program may write over input `i` (see `GraphOutput.replaces`).
   */
  run(inputs: readonly Storage[], donated: readonly boolean[]): Promise<Storage[]>;
  describe(): readonly KernelInfo[];
}

export interface Backend {
  readonly name: string;
  compile(graph: Graph): Program | Promise<Program>;
}
