import { sizeOf } from "../../../core/shape.ts";
import { hostTensor, type OnnxGraph } from "../onnx-graph.ts";
import type { Operation, Translations } from "./translation.ts";

interface GroupNormAttrs {
  readonly groups: number;
  readonly eps: number;
}

/**
 * Each group as a channel, which is normalized alone. ONNX's own GroupNormalization is not used: it is defined by the
 * mean of squares less the square of the mean, of which little is left where values lie close to each other.
 */
function groupNorm({ inputs, attrs, output }: Operation<GroupNormAttrs>, graph: OnnxGraph): string {
  const [x, weight, bias] = inputs;
  const { groups, eps } = attrs;
  const rest = sizeOf(x!.shape.slice(1)) / groups;
  const [ones, zeros] = [1, 0].map((value) => {
    return graph.constant(hostTensor(new Array(groups).fill(value), [groups], output.dtype));
  });
  const rows = graph.reshape(x!.name, [x!.dims[0]!, groups, rest]);
  const normalized = graph.add("InstanceNormalization", [rows, ones!, zeros!], { epsilon: { float: eps } });
  const column = (value: string): string => {
    return graph.reshape(value, [x!.shape[1]!, ...x!.shape.slice(2).map(() => 1)]);
  };
  const scaled = graph.add("Mul", [graph.reshape(normalized, x!.dims), column(weight!.name)]);
  return graph.add("Add", [scaled, column(bias!.name)]);
}

export const normalizationTranslations: Translations = {
  batchNormInference: {
    translate: ({ inputs, attrs }, graph) => {
      const [x, mean, variance, weight, bias] = inputs.map(({ name }) => name);
      return graph.add("BatchNormalization", [x!, weight!, bias!, mean!, variance!], {
        epsilon: { float: attrs.eps },
      });
    },
  },
  layerNorm: {
    translate: ({ inputs: [x, weight, bias], attrs }, graph) =>
      graph.add("LayerNormalization", [x!.name, weight!.name, bias!.name], {
        axis: weight!.shape.length === 1 ? -1 : x!.shape.length - weight!.shape.length,
        epsilon: { float: attrs.eps },
      }),
  },
  groupNorm: { translate: groupNorm },
  instanceNorm: {
    accepts: ([x]) => x!.shape.length > 2,
    translate: ({ inputs: [x, weight, bias], attrs }, graph) =>
      graph.add("InstanceNormalization", [x!.name, weight!.name, bias!.name], {
        epsilon: { float: attrs.eps },
      }),
  },
  /** ONNX adds up the same channels but for an even size, where it reaches one further up and not down. */
  localResponseNorm: {
    accepts: ([x], { size }) => size % 2 === 1 && x!.shape.length === 4,
    translate: ({ inputs: [x], attrs: { size, alpha, beta, k } }, graph) =>
      graph.add("LRN", [x!.name], {
        size,
        alpha: { float: alpha },
        beta: { float: beta },
        bias: { float: k },
      }),
  },
};
