import type { Translations } from "./translation.ts";

/** The first opset whose GroupNormalization has a weight for each channel, and not for each group. */
const groupNormalizationByChannel = 21;

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
  groupNorm: {
    accepts: ([x], _, opset) => opset >= groupNormalizationByChannel && x!.shape.length > 2,
    translate: ({ inputs: [x, weight, bias], attrs }, graph) =>
      graph.add("GroupNormalization", [x!.name, weight!.name, bias!.name], {
        num_groups: attrs.groups,
        epsilon: { float: attrs.eps },
      }),
  },
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
