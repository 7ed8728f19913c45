import { broadcastOperands } from "../broadcast-operands.ts";
import type { Combination } from "./combination.ts";

/** conv(x, w) + reshape(bias, [C, 1, 1]) as a convolution of three operands; so also a transposed one. */
export const biasedConvolution: Combination = (graph, index, uses) => {
  const sum = graph.nodes[index]!;
  if (sum.op !== "add") return undefined;
  const [first, second] = broadcastOperands(graph, index);
  if (typeof first !== "number" || typeof second !== "number") return undefined;
  const [convolution, bias] = [graph.nodes[first]!, graph.nodes[second]!];
  const { op, inputs, attrs } = convolution;
  const isBias =
    (op === "conv" || op === "convInputGrad") &&
    uses[first] === 1 &&
    bias.op === "reshape" &&
    graph.nodes[bias.inputs[0]!]!.shape.length === 1 &&
    bias.shape.length === sum.shape.length - 1 &&
    bias.shape[0] === sum.shape[1] &&
    bias.shape.slice(1).every((extent) => extent === 1);
  return isBias ? { index, op, operands: [...inputs, bias.inputs[0]!], attrs } : undefined;
};
