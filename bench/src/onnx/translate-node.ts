import type { ExportedNode } from "../export/exported-network.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** How windows lie over the spatial axes, in Fovea's attributes. */
interface WindowAttrs {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

export interface Surroundings {
  readonly graph: OnnxGraph;
  shapeOf(name: string): readonly number[];
  /** The name of a weight [out, in] with its axes exchanged. */
  transposed(name: string): string;
}

type Translation = (node: ExportedNode, around: Surroundings) => void;

/** One operator of ONNX without attributes. */
function plain(opType: string): Translation {
  return ({ inputs, output }, { graph }) => graph.node(opType, inputs, output);
}

function padsOf({ padding }: WindowAttrs): number[] {
  return [...padding.map(([low]) => low), ...padding.map(([, high]) => high)];
}

function windowsOf(attrs: WindowAttrs) {
  return {
    kernel_shape: attrs.kernel,
    strides: attrs.stride,
    pads: padsOf(attrs),
    ceil_mode: attrs.ceilMode ? 1 : 0,
  };
}

function scalar(graph: OnnxGraph, value: number): string {
  return graph.constant(`scalar_${value}`, { dims: [], data: Float32Array.of(value) });
}

const translations: Readonly<Record<string, Translation>> = {
  add: plain("Add"),
  mul: plain("Mul"),
  relu: plain("Relu"),
  sigmoid: plain("Sigmoid"),
  relu6: ({ inputs, output }, { graph }) =>
    graph.node("Clip", [...inputs, scalar(graph, 0), scalar(graph, 6)], output),
  silu: ({ inputs: [x], output }, { graph }) => {
    graph.node("Sigmoid", [x!], `${output}_sigmoid`);
    graph.node("Mul", [x!, `${output}_sigmoid`], output);
  },
  gelu: ({ inputs, output, attrs }, { graph }) =>
    graph.node("Gelu", inputs, output, { approximate: (attrs as { approximate: string }).approximate }),
  conv: ({ inputs, output, attrs }, { graph, shapeOf }) => {
    const { stride, dilation, groups, ...window } = attrs as WindowAttrs & { groups: number };
    graph.node("Conv", inputs, output, {
      kernel_shape: shapeOf(inputs[1]!).slice(2),
      strides: stride,
      pads: padsOf({ stride, dilation, ...window }),
      dilations: dilation,
      group: groups,
    });
  },
  batchNormInference: ({ inputs: [x, mean, variance, weight, bias], output, attrs }, { graph }) =>
    graph.node("BatchNormalization", [x!, weight!, bias!, mean!, variance!], output, {
      epsilon: { float: (attrs as { eps: number }).eps },
    }),
  layerNorm: ({ inputs, output, attrs, shape }, { graph, shapeOf }) =>
    graph.node("LayerNormalization", inputs, output, {
      axis: shape.length - shapeOf(inputs[1]!).length,
      epsilon: { float: (attrs as { eps: number }).eps },
    }),
  maxPool: ({ inputs, output, attrs }, { graph }) =>
    graph.node("MaxPool", inputs, output, {
      ...windowsOf(attrs as WindowAttrs),
      dilations: (attrs as WindowAttrs).dilation,
    }),
  avgPool: ({ inputs, output, attrs }, { graph }) => {
    const { divisor, countIncludePad } = attrs as { divisor: number | null; countIncludePad: boolean };
    if (divisor !== null) throw new Error("ONNX has no average pooling with a divisor of its own");
    graph.node("AveragePool", inputs, output, {
      ...windowsOf(attrs as WindowAttrs),
      count_include_pad: countIncludePad ? 1 : 0,
    });
  },
  adaptiveAvgPool: ({ inputs, output, attrs }, { graph }) => {
    if ((attrs as { size: readonly number[] }).size.some((extent) => extent !== 1)) {
      throw new Error("ONNX has no adaptive average pooling but the global one");
    }
    graph.node("GlobalAveragePool", inputs, output);
  },
  concat: ({ inputs, output, attrs }, { graph }) =>
    graph.node("Concat", inputs, output, { axis: (attrs as { axis: number }).axis }),
  permute: ({ inputs, output, attrs }, { graph }) =>
    graph.node("Transpose", inputs, output, { perm: (attrs as { order: readonly number[] }).order }),
  reshape: ({ inputs, output, shape }, { graph }) => {
    const data = BigInt64Array.from(shape.map(BigInt));
    graph.node(
      "Reshape",
      [...inputs, graph.constant(`shape_${shape.join("x")}`, { dims: [shape.length], data })],
      output,
    );
  },
  linear: ({ inputs, output, shape }, { graph, transposed }) => {
    const [x, weight, bias] = inputs;
    if (shape.length === 2) return graph.node("Gemm", inputs, output, { transB: 1 });
    const product = bias ? `${output}_product` : output;
    graph.node("MatMul", [x!, transposed(weight!)], product);
    if (bias) graph.node("Add", [product, bias], output);
  },
};

/** @throws Error if there is no translation for the operation. */
export function translateNode(node: ExportedNode, around: Surroundings): void {
  const translation = translations[node.op];
  if (!translation) throw new Error(`there is no translation of ${node.op} to ONNX`);
  translation(node, around);
}
