import type { GraphNode } from "../core/graph.ts";
import type { FourierOutputsAttrs, FourierSlicesAttrs } from "../ops/fourier.ts";
import type { Load } from "./expr.ts";
import { type Index, loopVariable, slope, variable } from "./index-expr.ts";
import type { FourierBody } from "./kernel.ts";
import { type Layout, placeOf } from "./layout.ts";
import type { NodeElements } from "./node-elements.ts";

/** A transform of ops/fourier.ts as a kernel, from where its operand lies to where its result does. */
export function fourierBody(
  node: GraphNode,
  operand: GraphNode,
  layout: Layout,
  elements: NodeElements,
): FourierBody {
  const from = operand.shape.map((extent) => loopVariable(extent));
  const to = node.shape.map((extent) => loopVariable(extent));
  const { buffer, index } = elements.of(node.inputs[0]!)(from.map((loop) => variable(loop))) as Load;
  const place = placeOf(
    layout,
    node.shape,
    to.map((loop) => variable(loop)),
  );
  const read = from.map((loop) => slope(index, loop)!);
  const written = to.map((loop) => slope(place, loop)!);
  const start = { source: index.constant, output: constantOf(place) };
  const common = { kind: "fourierTransform", source: buffer, start } as const;
  if (node.op === "fourierSlices") {
    const attrs = node.attrs as FourierSlicesAttrs;
    const { tiles, step, size, transform } = attrs;
    const [batch, , row, column] = read as [number, number, number, number];
    const [slice, group, tile] = written as [number, number, number];
    const lanes = operand.shape[1]! / attrs.groups;
    return {
      ...common,
      direction: "slices",
      kernelFactor: attrs.of === "kernel" ? 1 / (transform[0] * transform[1]) : undefined,
      transform,
      size,
      spacing: attrs.spacing,
      last: size,
      lanes,
      axes: {
        batch: { extent: operand.shape[0]!, tensor: batch, slices: tiles[0] * tiles[1] * tile },
        y: { extent: tiles[0], tensor: step[0] * row, slices: tiles[1] * tile },
        x: { extent: tiles[1], tensor: step[1] * column, slices: tile },
        group: { extent: attrs.groups, tensor: lanes, slices: group },
      },
      steps: [row, column],
      slice,
    };
  }
  const attrs = node.attrs as FourierOutputsAttrs;
  const { tiles, size, extent } = attrs;
  const [, groups, , lanes] = operand.shape as [number, number, number, number];
  const [slice, group, tile] = read as [number, number, number];
  const [batch, , row, column] = written as [number, number, number, number];
  return {
    ...common,
    direction: "outputs",
    kernelFactor: undefined,
    transform: attrs.transform,
    size,
    spacing: attrs.spacing,
    last: [extent[0] - (tiles[0] - 1) * size[0], extent[1] - (tiles[1] - 1) * size[1]],
    lanes,
    axes: {
      batch: { extent: attrs.batch, tensor: batch, slices: tiles[0] * tiles[1] * tile },
      y: { extent: tiles[0], tensor: size[0] * row, slices: tiles[1] * tile },
      x: { extent: tiles[1], tensor: size[1] * column, slices: tile },
      group: { extent: groups, tensor: lanes, slices: group },
    },
    steps: [row, column],
    slice,
  };
}

function constantOf({ constant }: Index): number {
  return constant;
}
