import { plain, type Translations } from "./translation.ts";

/** Softplus as it is defined differs from x by less than float32 resolves, where beta · x is above this. */
const softplusIsIdentityFrom = 20;

/** The first opset that has Gelu. */
const geluFrom = 20;

export const activationTranslations: Translations = {
  relu: plain("Relu"),
  relu6: {
    translate: ({ inputs: [x], output: { dtype } }, graph) =>
      graph.add("Clip", [x!.name, graph.scalar(0, dtype), graph.scalar(6, dtype)]),
  },
  leakyRelu: {
    translate: ({ inputs: [x], attrs }, graph) =>
      graph.add("LeakyRelu", [x!.name], { alpha: { float: attrs.negativeSlope } }),
  },
  prelu: plain("PRelu"),
  elu: {
    translate: ({ inputs: [x], attrs }, graph) =>
      graph.add("Elu", [x!.name], { alpha: { float: attrs.alpha } }),
  },
  selu: {
    translate: ({ inputs: [x] }, graph) =>
      graph.add("Selu", [x!.name], {
        alpha: { float: 1.6732632423543772 },
        gamma: { float: 1.0507009873554805 },
      }),
  },
  softplus: {
    accepts: (_, { beta, threshold }) => beta === 1 && threshold >= softplusIsIdentityFrom,
    translate: ({ inputs: [x] }, graph) => graph.add("Softplus", [x!.name]),
  },
  gelu: {
    accepts: (_, __, opset) => opset >= geluFrom,
    translate: ({ inputs: [x], attrs }, graph) =>
      graph.add("Gelu", [x!.name], { approximate: attrs.approximate }),
  },
  mish: plain("Mish"),
  hardsigmoid: {
    translate: ({ inputs: [x] }, graph) =>
      graph.add("HardSigmoid", [x!.name], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  },
  hardswish: plain("HardSwish"),
  softmax: {
    translate: ({ inputs: [x], attrs }, graph) => graph.add("Softmax", [x!.name], { axis: attrs.axis }),
  },
  logSoftmax: {
    translate: ({ inputs: [x], attrs }, graph) => graph.add("LogSoftmax", [x!.name], { axis: attrs.axis }),
  },
};
