import type { Graph, GraphNode } from "../core/graph.ts";

/** The inputs of a graph (as nodes) whose content stays from run to run: lasting ones that no output replaces. */
export function fixedInputs({ nodes, inputs, outputs }: Graph): Set<number> {
  const replaced = new Set(outputs.map(({ replaces }) => replaces));
  return new Set(inputs.filter((n, i) => "lasting" in nodes[n]!.attrs && !replaced.has(i)));
}

/** Whether the value of a node that is no input stays the same as long as its operands do. */
export function isStable({ op, inputs }: GraphNode, operandIsStable: (input: number) => boolean): boolean {
  return op !== "randomBits" && inputs.every(operandIsStable);
}
