import type { Graph } from "../../../core/graph.ts";
import type { Attrs } from "../../../core/op.ts";
import type { Operand } from "../broadcast-operands.ts";

/** An operation whose result is that of node `index` of the graph. */
export interface Step {
  readonly index: number;
  readonly op: string;
  readonly operands: readonly Operand[];
  readonly attrs: Attrs;
}

/**
 * Finds several operations that can be one.
 *
 * @param uses how often each node is an operand or an output.
 * @returns the one operation that gives the result of node `index`, if there is such.
 */
export type Combination = (graph: Graph, index: number, uses: readonly number[]) => Step | undefined;
