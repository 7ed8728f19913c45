import type { Graph } from "../../core/graph.ts";
import { broadcastOperands } from "./broadcast-operands.ts";
import type { Combination, Step } from "./combine/combination.ts";

/** What the outputs need, in order, with operations combined where they can be, and operands that broadcast. */
export function liveSteps(graph: Graph, combinations: readonly Combination[]): Step[] {
  const { nodes, outputs } = graph;
  const uses = nodes.map(() => 0);
  for (const { inputs } of nodes) for (const input of inputs) uses[input]!++;
  for (const { node } of outputs) uses[node]!++;
  const needed = new Set(outputs.map(({ node }) => node));
  const steps: Step[] = [];
  for (let index = nodes.length - 1; index >= 0; index--) {
    const { op, attrs } = nodes[index]!;
    if (!needed.has(index) || op === "input") continue;
    let step: Step | undefined;
    for (const combine of combinations) step ??= combine(graph, index, uses);
    step ??= { index, op, operands: broadcastOperands(graph, index), attrs };
    for (const operand of step.operands) if (typeof operand === "number") needed.add(operand);
    steps.push(step);
  }
  return steps.reverse();
}
