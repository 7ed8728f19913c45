import { lowerings } from "../../compiler/lower/index.ts";
import type { DType } from "../../core/dtype.ts";
import type { Graph, GraphNode } from "../../core/graph.ts";
import { type Shape, sameShape } from "../../core/shape.ts";

/** The position of a node, or a number in each place. */
export type Operand = number | { readonly value: number; readonly dtype: DType };

/** The operands of a node before they were expanded, where the operation broadcasts them itself. */
export function broadcastOperands({ nodes }: Graph, index: number): Operand[] {
  const node = nodes[index]!;
  const operands: Operand[] = [...node.inputs];
  const shapes: Shape[] = node.inputs.map((input) => nodes[input]!.shape);
  const fits = fitting(node, nodes);
  if (!fits) return operands;
  node.inputs.forEach((input, i) => {
    const { operand, shape } = smallest(nodes, input);
    if (!fits(shapes.with(i, shape), i)) return;
    operands[i] = operand;
    shapes[i] = shape;
  });
  return operands;
}

/** What is left of a node without its expansions. */
function smallest(nodes: readonly GraphNode[], index: number): { operand: Operand; shape: Shape } {
  const { op, attrs, shape, dtype, inputs } = nodes[index]!;
  if (op === "expand") return smallest(nodes, inputs[0]!);
  if (op === "full") return { operand: { value: (attrs as { value: number }).value, dtype }, shape: [] };
  return { operand: index, shape };
}

type Fits = (shapes: readonly Shape[], changed: number) => boolean;

/** Whether operands of these shapes broadcast to what the operation needs; `undefined` for one that does not broadcast. */
function fitting(node: GraphNode, nodes: readonly GraphNode[]): Fits | undefined {
  if (lowerings.get(node.op)?.kind === "elementwise")
    return (shapes) => sameShape(broadcast(shapes), node.shape);
  if (node.op === "matmul") {
    return (shapes, i) => {
      const whole = nodes[node.inputs[i]!]!.shape;
      if (!sameShape(shapes[i]!.slice(-2), whole.slice(-2))) return false;
      return sameShape(broadcast(shapes.map((shape) => shape.slice(0, -2))), node.shape.slice(0, -2));
    };
  }
  if (node.op === "gather") {
    const { axis } = node.attrs as { axis: number };
    return (shapes, i) =>
      i === 1 &&
      shapes[1]!.length === node.shape.length &&
      shapes[1]!.every((extent, a) => extent === (a === axis ? node.shape[a] : 1));
  }
  return undefined;
}

/** NumPy's rule for shapes that are known to agree. */
function broadcast(shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return extents.find((extent) => extent !== 1) ?? 1;
  });
}
