import type { ConvInputGradAttrs } from "../../../ops/conv-ops.ts";
import type { ConvAttrs } from "../../../ops/conv-terms.ts";
import { reach } from "../../../ops/window-geometry.ts";
import type { OnnxGraph } from "../onnx-graph.ts";
import { padBy } from "./movement.ts";
import { names, type Operation, type Translations } from "./translation.ts";

/** Only paddings of at least 0 belong to a convolution of ONNX: what is cropped is so beforehand. */
function conv({ inputs, attrs }: Operation<ConvAttrs>, graph: OnnxGraph): string {
  const [x, weight, ...bias] = names(inputs);
  const { stride, dilation, groups, padding } = attrs;
  const sides = [0, 1].map((side) => padding.map((widths) => widths[side]!));
  const [low, high] = sides.map((widths) => [0, 0, ...widths.map((width) => Math.min(width, 0))]);
  return graph.add("Conv", [padBy(x!, low!, high!, undefined, graph), weight!, ...bias], {
    kernel_shape: inputs[1]!.shape.slice(2),
    strides: stride,
    pads: sides.flat().map((width) => Math.max(width, 0)),
    dilations: dilation,
    group: groups,
  });
}

/**
 * The adjoint of a convolution. Without padding it has (n − 1) · stride + reach elements; from these the output is cut
 * out, or, at the end, lies beyond them.
 */
function convTranspose({ inputs, attrs, output }: Operation<ConvInputGradAttrs>, graph: OnnxGraph): string {
  const [dy, weight, ...bias] = names(inputs);
  const { stride, dilation, groups, padding, extent } = attrs;
  const kernel = inputs[1]!.shape.slice(2);
  const low = padding.map(([width]) => width);
  const high = extent.map((wanted, a) => {
    const whole = (inputs[0]!.shape[a + 2]! - 1) * stride[a]! + reach(kernel[a]!, dilation[a]!);
    return whole - low[a]! - wanted;
  });
  // ONNX lets the output go on beyond the kernel's reach by less than a stride, where nothing is added to zeros.
  const isPadding = low.every((width) => width >= 0) && high.every((width, a) => -width < stride[a]!);
  const beyond = high.map((width) => Math.max(-width, 0));
  const y = graph.add("ConvTranspose", isPadding ? [dy!, weight!, ...bias] : [dy!, weight!], {
    kernel_shape: kernel,
    strides: stride,
    pads: isPadding ? [...low, ...high.map((width) => Math.max(width, 0))] : undefined,
    output_padding: isPadding && beyond.some((width) => width > 0) ? beyond : undefined,
    dilations: dilation,
    group: groups,
  });
  if (isPadding) return y;
  const sides = [low, high].map((widths) => [0, 0, ...widths.map((width) => -width)]);
  const padded = padBy(y, sides[0]!, sides[1]!, undefined, graph);
  if (bias.length === 0) return padded;
  const column = graph.reshape(bias[0]!, [output.shape[1]!, ...kernel.map(() => 1)]);
  return graph.add("Add", [padded, column]);
}

function linear({ inputs, output }: Operation<unknown>, graph: OnnxGraph): string {
  const [x, weight, bias] = names(inputs);
  if (output.shape.length === 2) return graph.add("Gemm", names(inputs), { transB: 1 });
  const product = graph.add("MatMul", [x!, graph.add("Transpose", [weight!], { perm: [1, 0] })]);
  return bias === undefined ? product : graph.add("Add", [product, bias]);
}

export const convolutionTranslations: Translations = {
  conv: { translate: conv },
  convInputGrad: { translate: convTranspose },
  linear: { translate: linear },
  matmul: { translate: ({ inputs }, graph) => graph.add("MatMul", names(inputs)) },
};
