import { isReal } from "../format/data-types.ts";
import type { OnnxGraph, OnnxNode } from "./parse-graph.ts";

export type InitializerRole = "parameter" | "buffer" | "constant";

/** Inputs that are no weights: settings of the operator, by their positions. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Dropout: [1],
  Pad: [2],
  Range: [0, 1, 2],
  Resize: [1, 2],
  Upsample: [1],
  OneHot: [1, 2],
  NonMaxSuppression: [0, 1, 2, 3, 4],
  QuantizeLinear: [1, 2],
  DequantizeLinear: [1, 2],
  QLinearConv: [1, 2, 4, 5, 6, 7],
  QLinearMatMul: [1, 2, 4, 5, 6, 7],
  RoiAlign: [1],
};

/** Inputs that training changes, but not by gradients. */
const buffers: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };

/**
 * What becomes of each initializer: real ones with at least one axis are parameters, running statistics are buffers,
 * and the rest, with the settings of operators, are constants.
 */
export function initializerRoles(graph: OnnxGraph): Map<string, InitializerRole> {
  const roles = new Map<string, InitializerRole>();
  for (const [name, { type, shape }] of graph.initializers) {
    roles.set(name, isReal(type) && shape.length > 0 ? "parameter" : "constant");
  }
  const visit = (node: OnnxNode): void => {
    node.inputs.forEach((name, i) => {
      if (roles.get(name) === undefined || roles.get(name) === "constant") return;
      if (settings[node.opType]?.includes(i)) roles.set(name, "constant");
      else if (buffers[node.opType]?.includes(i)) roles.set(name, "buffer");
    });
  };
  graph.nodes.forEach(visit);
  return roles;
}
