import { sizeOf } from "../../../core/shape.ts";
import type { FoldAttrs, WindowAttrs } from "../../../ops/window.ts";
import { reach, windowCounts } from "../../../ops/window-geometry.ts";
import type { Dims } from "../batch-axis.ts";
import { hostTensor, type OnnxGraph } from "../onnx-graph.ts";
import { padBy } from "./movement.ts";
import type { Operation, Translations } from "./translation.ts";

/** An index that is the same along all other axes is a list, which needs no tensor of the result's size. */
function gather(
  { inputs: [x, index], attrs, output }: Operation<{ axis: number }>,
  graph: OnnxGraph,
): string {
  const { axis } = attrs;
  const isList = index!.shape.every((extent, a) => a === axis || extent === 1);
  const stretches = output.shape.some((extent, a) => a !== axis && extent !== 1);
  if (!(isList && stretches)) return graph.add("GatherElements", [x!.name, index!.name], { axis });
  const list = graph.reshape(index!.name, [index!.dims[axis]!]);
  return graph.add("Gather", [x!.name, list], { axis });
}

function scatterAdd(
  { inputs: [source, index], attrs, output }: Operation<{ axis: number }>,
  graph: OnnxGraph,
): string {
  const value = { tensor: hostTensor([0], [1], output.dtype) };
  const zeros = graph.add("ConstantOfShape", [graph.shape(output.dims)], { value });
  return graph.add("ScatterElements", [zeros, index!.name, source!.name], {
    axis: attrs.axis,
    reduction: "add",
  });
}

/** The order of axes that brings pairs of a window's and a tap's position into windows, then taps (or back). */
function separated(lead: number, rank: number, back = false): number[] {
  const axes = Array.from({ length: rank }, (_, a) => a);
  const order = back
    ? axes.flatMap((a) => [lead + a, lead + rank + a])
    : [...axes.map((a) => lead + 2 * a), ...axes.map((a) => lead + 2 * a + 1)];
  return [...Array.from({ length: lead }, (_, a) => a), ...order];
}

/** Pads by the fill, and looks up the position of every tap along each axis. */
function slidingWindows({ inputs: [x], attrs, output }: Operation<WindowAttrs>, graph: OnnxGraph): string {
  const { kernel, stride, padding, dilation, fill } = attrs;
  const lead = x!.shape.length - kernel.length;
  const size = output.shape.slice(lead, lead + kernel.length);
  const none = new Array<number>(lead).fill(0);
  const low = padding.map(([width]) => width);
  const high = kernel.map((taps, a) => {
    const end = (size[a]! - 1) * stride[a]! + reach(taps, dilation[a]!);
    return Math.max(0, end - low[a]! - x!.shape[lead + a]!);
  });
  let y = padBy(x!.name, [...none, ...low], [...none, ...high], graph.scalar(fill, output.dtype), graph);
  kernel.forEach((taps, a) => {
    const at = Array.from({ length: size[a]! * taps }, (_, i) => {
      return Math.floor(i / taps) * stride[a]! + (i % taps) * dilation[a]!;
    });
    const index = graph.constant(hostTensor(at, [size[a]!, taps], "int32"));
    y = graph.add("Gather", [y, index], { axis: lead + 2 * a });
  });
  if (kernel.length === 1) return y;
  return graph.add("Transpose", [y], { perm: separated(lead, kernel.length) });
}

/**
 * Adds every tap to its element: along one axis after the other, by a matrix that has a 1 for each tap's element.
 */
function fold({ inputs: [windows], attrs, output }: Operation<FoldAttrs>, graph: OnnxGraph): string {
  const { kernel, stride, padding, dilation, extent } = attrs;
  const rank = kernel.length;
  const lead = windows!.shape.length - 2 * rank;
  const size = attrs.size ?? windowCounts(extent, attrs);
  let y = windows!.name;
  let dims: Dims = windows!.dims;
  if (rank > 1) {
    const perm = separated(lead, rank, true);
    y = graph.add("Transpose", [y], { perm });
    dims = perm.map((axis) => dims[axis]!);
  }
  for (let a = 0; a < rank; a++) {
    const axis = lead + a;
    const taps = size[a]! * kernel[a]!;
    const matrix = new Float64Array(extent[a]! * taps);
    for (let i = 0; i < taps; i++) {
      const window = Math.floor(i / kernel[a]!);
      const at = window * stride[a]! - padding[a]![0] + (i % kernel[a]!) * dilation[a]!;
      if (at >= 0 && at < extent[a]!) matrix[at * taps + i] = 1;
    }
    const inner = sizeOf(dims.slice(axis + 2) as number[]);
    const columns = graph.reshape(y, [...dims.slice(0, axis), taps, inner]);
    const sum = graph.constant(hostTensor(matrix, [extent[a]!, taps], output.dtype));
    dims = [...dims.slice(0, axis), extent[a]!, ...dims.slice(axis + 2)];
    y = graph.reshape(graph.add("MatMul", [sum, columns]), dims);
  }
  return y;
}

export const indexingTranslations: Translations = {
  gather: { translate: gather },
  scatterAdd: { translate: scatterAdd },
  window: { translate: slidingWindows },
  fold: { translate: fold },
};
