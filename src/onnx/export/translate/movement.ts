import type { ExtensionAttrs } from "../combine/extension.ts";
import type { OnnxGraph } from "../onnx-graph.ts";
import type { Operation, Translations } from "./translation.ts";

interface SliceAttrs {
  readonly start: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

interface PadAttrs {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
}

/** ONNX stops before an end: that of a reversed axis is before its first element, which no position names. */
const beforeTheFirst = -(2 ** 31);

function slice({ inputs: [x], attrs, output }: Operation<SliceAttrs>, graph: OnnxGraph): string {
  const { start, step } = attrs;
  const axes = output.dims
    .map((_, axis) => axis)
    .filter((axis) => step[axis] !== 1 || output.shape[axis] !== x!.shape[axis]);
  if (axes.length === 0) return x!.name;
  const ends = axes.map((axis) => {
    const end = start[axis]! + output.shape[axis]! * step[axis]!;
    return end < 0 ? beforeTheFirst : end;
  });
  const begins = axes.map((axis) => start[axis]!);
  const steps = axes.map((axis) => step[axis]!);
  return graph.add("Slice", [x!.name, ...[begins, ends, axes, steps].map((list) => graph.int64s(list))]);
}

/** Padding by a value; negative widths crop. */
export function padBy(
  x: string,
  low: readonly number[],
  high: readonly number[],
  value: string | undefined,
  graph: OnnxGraph,
): string {
  if ([...low, ...high].every((width) => width === 0)) return x;
  return graph.add("Pad", [x, graph.int64s([...low, ...high]), ...(value === undefined ? [] : [value])]);
}

/**
 * ONNX puts nothing between neighbours: each element becomes the first of a row of its own, whose rest is the padding,
 * and the last row's rest is cropped.
 */
function pad({ inputs: [x], attrs, output }: Operation<PadAttrs>, graph: OnnxGraph): string {
  const { low, interior } = attrs;
  const value = graph.scalar(attrs.value, output.dtype);
  const high = [...attrs.high];
  let spread = x!.name;
  let { dims } = x!;
  interior.forEach((between, axis) => {
    const extent = x!.shape[axis]!;
    if (between === 0 || extent < 2) return;
    const row = dims.toSpliced(axis + 1, 0, 1);
    const zeros = row.map(() => 0);
    const rows = padBy(graph.reshape(spread, row), zeros, zeros.with(axis + 1, between), value, graph);
    dims = dims.with(axis, extent * (between + 1));
    spread = graph.reshape(rows, dims);
    high[axis]! -= between;
  });
  return padBy(spread, low, high, value, graph);
}

export const movementTranslations: Translations = {
  reshape: { translate: ({ inputs: [x], output }, graph) => graph.reshape(x!.name, output.dims) },
  permute: {
    translate: ({ inputs: [x], attrs }, graph) => graph.add("Transpose", [x!.name], { perm: attrs.order }),
  },
  expand: {
    translate: ({ inputs: [x], output }, graph) => graph.add("Expand", [x!.name, graph.shape(output.dims)]),
  },
  slice: { translate: slice },
  pad: { translate: pad },
  extend: {
    translate: ({ inputs: [x], attrs: { mode, low, high } }: Operation<ExtensionAttrs>, graph) =>
      graph.add("Pad", [x!.name, graph.int64s([...low, ...high])], { mode }),
  },
  concat: {
    translate: ({ inputs, attrs }, graph) =>
      graph.add(
        "Concat",
        inputs.map(({ name }) => name),
        { axis: attrs.axis },
      ),
  },
};
