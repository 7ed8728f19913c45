import type { GraphNode } from "../../core/graph.ts";
import type { TensorSpec } from "../../core/op.ts";
import type { Expr } from "../expr.ts";
import type { Index } from "../index-expr.ts";

/** A tensor as a function: the value of the element at given coordinates. */
export type ElementAt = (at: readonly Index[]) => Expr;

export interface Operand extends TensorSpec {
  readonly at: ElementAt;
}

/** Says what an op's elements are in terms of its operands' elements; compiling backends share these. */
export interface Lowering {
  /**
   * How the op relates positions:
   * `elementwise` reads its operands where it writes; `view` reads one element of one operand for each of its own;
   * `reduce` reads many; `contract` is a sum of products of two operands' elements.
   */
  readonly kind: "elementwise" | "view" | "reduce" | "contract";
  /** Rough number of instructions an element, operands left out. */
  readonly cost?: number;
  lower(operands: readonly Operand[], node: GraphNode): ElementAt;
}
