import type { GraphNode } from "../core/graph.ts";
import type { Buffer, Expr } from "./expr.ts";
import type { Index, LoopVariable } from "./index-expr.ts";

/** One loop nest: computes every element of one buffer. */
export interface Kernel {
  readonly name: string;
  readonly node: GraphNode;
  readonly output: Buffer;
  readonly reads: readonly Buffer[];
  readonly body: KernelBody;
  /** Whether everything it reads stays the same from run to run, as long as variables that nobody writes do. */
  readonly stable: boolean;
  /** Places of the output around the elements, which become zero. */
  readonly margins: readonly { readonly loops: readonly LoopVariable[]; readonly index: Index }[];
}

export interface Nest {
  /** A `contraction` is a nest whose reduction inside `expr` is a sum of products of two loads. */
  readonly kind: "map" | "reduce" | "contraction";
  /** For all loops: output[index] = expr. */
  readonly loops: readonly LoopVariable[];
  readonly index: Index;
  readonly expr: Expr;
}

export type KernelBody =
  | Nest
  | {
      /** Nests that write different elements. */
      readonly kind: "parts";
      readonly parts: readonly Nest[];
    }
  | {
      /** For all loops: zeroes the elements along `cleared`, then for each step of `source` output[index] += value. */
      readonly kind: "scatter";
      readonly loops: readonly LoopVariable[];
      readonly cleared: LoopVariable;
      readonly clearedIndex: Index;
      readonly source: LoopVariable;
      readonly index: Index;
      readonly value: Expr;
    }
  | { readonly kind: "random"; readonly state: Buffer; readonly length: number };

/** The nests of a kernel that consists of some. */
export function nestsOf(body: KernelBody): readonly Nest[] {
  if (body.kind === "parts") return body.parts;
  return body.kind === "scatter" || body.kind === "random" ? [] : [body];
}

/** What a graph becomes: kernels in an order in which they can run, and where its inputs and outputs are. */
export interface KernelGraph {
  readonly kernels: readonly Kernel[];
  readonly inputs: readonly Buffer[];
  /** Tables that are part of the program. */
  readonly constants: readonly { readonly buffer: Buffer; readonly values: readonly number[] }[];
  readonly outputs: readonly Buffer[];
}
