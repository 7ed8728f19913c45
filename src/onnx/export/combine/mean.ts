import { sameShape, sizeOf } from "../../../core/shape.ts";
import { broadcastOperands } from "../broadcast-operands.ts";
import type { Combination } from "./combination.ts";

export interface MeanAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** sum(x) / n as the mean over the axes of the sum, which have n elements; they may be dropped in between. */
export const mean: Combination = (graph, index, uses) => {
  if (graph.nodes[index]!.op !== "div") return undefined;
  const [total, count] = broadcastOperands(graph, index);
  if (typeof total !== "number" || typeof count !== "object") return undefined;
  const outer = graph.nodes[total]!;
  const keepDims = outer.op !== "reshape";
  const at = keepDims ? total : outer.inputs[0]!;
  const sum = graph.nodes[at]!;
  if (sum.op !== "sum" || uses[total] !== 1 || uses[at] !== 1) return undefined;
  const { axes } = sum.attrs as { axes: readonly number[] };
  const x = graph.nodes[sum.inputs[0]!]!;
  const dropped = x.shape.filter((_, axis) => !axes.includes(axis));
  const fits =
    sizeOf(axes.map((axis) => x.shape[axis]!)) === count.value &&
    (keepDims || sameShape(outer.shape, dropped));
  return fits ? { index, op: "mean", operands: sum.inputs, attrs: { axes, keepDims } } : undefined;
};
