import type { Graph, GraphNode } from "../core/graph.ts";
import { type Shape, sameShape } from "../core/shape.ts";
import type { FourierOutputsAttrs, FourierSlicesAttrs } from "../ops/fourier.ts";
import type { PackAttrs } from "../ops/pack.ts";
import { type WinogradSlicesAttrs, winogradTiles } from "../ops/winograd.ts";
import { channelsLast, type Layout, rowMajor } from "./layout.ts";
import { lowerings } from "./lower/index.ts";
import { type Guest, placeConcats } from "./place-concats.ts";

/** How each node of a graph lies in memory if it has a buffer. */
export interface Layouts {
  readonly of: readonly Layout[];
  /** Nodes that must have a buffer, as convolutions read them where they lie. */
  readonly kept: ReadonlySet<number>;
  /** Paddings that are the margin of their operand's buffer. */
  readonly margins: ReadonlySet<number>;
  /** Values that lie in the buffer of a concatenation, and concatenations that are the beginning of a longer one. */
  readonly guests: ReadonlyMap<number, Guest>;
  readonly parts: ReadonlyMap<number, Guest>;
  /** Concatenations whose operands are written into their buffer one by one. */
  readonly hosts: ReadonlySet<number>;
}

/** Below this many input channels of a filter, vectors of them would have gaps. */
const fewChannels = 8;

/** Ops that pass a convolution's axes on: operand and result have the same channels and positions of the same kind. */
const passing: ReadonlySet<string> = new Set(["pad", "slice", "concat", "window", "fold", "interleave"]);

/**
 * Chooses a memory layout for every node.
 *
 * What convolutions read and write has its channels last, and so has everything elementwise or pooled around it. Zeros
 * around a convolution's input become a margin of the buffer that it reads. Inputs of the graph and the other tensors
 * are row-major.
 */
export function chooseLayouts(graph: Graph): Layouts {
  const { nodes } = graph;
  const spatial = spatialNodes(nodes);
  const kept = new Set<number>();
  const paddings = new Set<number>();
  const margins = new Map<number, [number, number][]>();
  for (const [n, node] of nodes.entries()) {
    if (node.op !== "conv" && !isTransform(node) && !isWeightGradient(node)) continue;
    if (isWeightGradient(node)) kept.add(n);
    for (const operand of node.op === "conv" ? [node.inputs[0]!] : node.inputs) {
      const read = nodes[operand]!;
      const beyond = readBeyond(node, nodes);
      const padded = isMargin(read) && spatial[read.inputs[0]!] && mayHaveMargins(nodes[read.inputs[0]!]!);
      if (!padded && beyond.every((count) => count === 0)) continue;
      const source = padded ? read.inputs[0]! : operand;
      const unpadded = read.shape.map(() => 0);
      const { low, high } = padded
        ? (read.attrs as { low: number[]; high: number[] })
        : { low: unpadded, high: unpadded };
      const sides = margins.get(source) ?? low.map((): [number, number] => [0, 0]);
      sides.forEach((side, axis) => {
        side[0] = Math.max(side[0], low[axis]!);
        side[1] = Math.max(side[1], high[axis]! + beyond[axis]!);
      });
      margins.set(source, sides);
      kept.add(source);
      if (padded) paddings.add(operand);
    }
  }
  const { guests, parts } = placeConcats(
    nodes,
    (n) =>
      spatial[n]! && nodes[n]!.dtype === "float32" && mayHaveMargins(nodes[n]!) && nodes[n]!.op !== "pack",
    (n) => margins.has(n),
  );
  for (const [n, { host }] of [...guests, ...parts]) {
    kept.add(n).add(host);
    for (const [axis, [low, high]] of (margins.get(n) ?? []).entries()) {
      const sides = margins.get(host) ?? nodes[host]!.shape.map((): [number, number] => [0, 0]);
      sides[axis] = [Math.max(sides[axis]![0], low), Math.max(sides[axis]![1], high)];
      margins.set(host, sides);
    }
  }
  const summed = new Set(
    nodes.flatMap(({ op, inputs }) =>
      op === "winogradFilterGradient" || op === "fourierOutputs" ? inputs : [],
    ),
  );
  const of = nodes.map((node, n): Layout => {
    // A row between slices, so that these begin in different sets of the caches.
    if (isTransform(node) || (node.op === "matmul" && summed.has(n))) {
      const layout = rowMajor(node.shape.length);
      return { ...layout, margins: layout.margins.with(-2, [0, 1]) };
    }
    if (node.op === "winogradFilterGradient" || isFourierGradient(node))
      return { ...rowMajor(4), order: [0, 2, 3, 1] };
    const place = guests.get(n) ?? parts.get(n);
    if (place) {
      // The host's channels around the own ones are like a margin.
      const layout = channelsLast(node.shape.length);
      const around = margins.get(place.host) ?? layout.margins;
      const rest = nodes[place.host]!.shape[1]! - place.offset - node.shape[1]!;
      return { ...layout, margins: around.map((side, axis) => (axis === 1 ? [place.offset, rest] : side)) };
    }
    if (isWeightGradient(node)) {
      // The channels of x or, where a filter has few, those of dy innermost: what is innermost there too.
      const parts = node.op === "convWeightGradParts" ? [0, 1] : [];
      const [out, channel, ...taps] = node.shape.slice(parts.length).map((_, axis) => axis + parts.length);
      const channels = node.shape[channel!]!;
      const weight = channels >= fewChannels ? [out!, ...taps, channel!] : [...taps, channel!, out!];
      return { ...rowMajor(node.shape.length), order: [...parts, ...weight] };
    }
    if (node.op === "pack") {
      const { order, panel, winograd } = node.attrs as PackAttrs;
      return {
        ...rowMajor(order.length),
        order,
        panel,
        winograd,
        margins: margins.get(n) ?? rowMajor(order.length).margins,
      };
    }
    if (!spatial[n]) return rowMajor(node.shape.length);
    const layout = channelsLast(node.shape.length);
    return { ...layout, margins: margins.get(n) ?? layout.margins };
  });
  return {
    of,
    kept,
    margins: paddings,
    guests,
    parts,
    hosts: new Set([...guests, ...parts].map(([, { host }]) => host)),
  };
}

/** Whether a node is the gradient of a convolution's weight, or parts of it: its last axes are the weight's. */
export function isWeightGradient({ op }: Pick<GraphNode, "op">): boolean {
  return op === "convWeightGrad" || op === "convWeightGradParts";
}

/** Whether a node is the transforms of tiles of its operand. */
function isTransform({ op }: GraphNode): boolean {
  return op === "winogradSlices" || op === "fourierSlices";
}

/** Whether a node is the gradient of a convolution's weight, transformed back. */
function isFourierGradient({ op, attrs }: GraphNode): boolean {
  return op === "fourierOutputs" && (attrs as FourierOutputsAttrs).of === "kernels";
}

/** How many elements after the end of each axis a convolution reads: whole tiles, if it works on such. */
function readBeyond({ op, inputs, shape, attrs }: GraphNode, nodes: readonly GraphNode[]): number[] {
  if (op === "winogradSlices") {
    const settings = attrs as WinogradSlicesAttrs;
    const around = settings.of === "input" ? 2 : 0;
    return nodes[inputs[0]!]!.shape.map((extent, axis) =>
      axis < 2 ? 0 : winogradTiles(extent, settings) * settings.tile + around - extent,
    );
  }
  if (op === "fourierSlices") {
    const { tiles, step, size } = attrs as FourierSlicesAttrs;
    return nodes[inputs[0]!]!.shape.map((extent, axis) => {
      if (axis < 2) return 0;
      return Math.max(0, (tiles[axis - 2]! - 1) * step[axis - 2]! + size[axis - 2]! - extent);
    });
  }
  const filters = op === "conv" ? nodes[inputs[1]!]! : undefined;
  const tile = filters?.op === "pack" ? (filters.attrs as PackAttrs).winograd : 0;
  return shape.map((extent, axis) => (tile > 0 && axis >= 2 ? Math.ceil(extent / tile) * tile - extent : 0));
}

/** Zeros around the positions, and nothing else. */
function isMargin({ op, attrs }: GraphNode): boolean {
  if (op !== "pad") return false;
  const { low, high, interior, value } = attrs as unknown as {
    low: readonly number[];
    high: readonly number[];
    interior: readonly number[];
    value: number;
  };
  return value === 0 && interior.every((n) => n === 0) && [...low, ...high].every((n) => n >= 0);
}

/** Whether a node's buffer, if it gets one, is written by a kernel that can leave room around the elements. */
export function mayHaveMargins({ op, attrs }: Pick<GraphNode, "op" | "attrs">): boolean {
  if (op === "pack") return (attrs as PackAttrs).panel === null;
  return !["input", "constant", "scatterAdd", "randomBits", "full"].includes(op);
}

/** For each node, whether it is a tensor of a convolution's kind: channels on axis 1, positions after it. */
function spatialNodes(nodes: readonly GraphNode[]): boolean[] {
  const spatial = nodes.map(() => false);
  const links: number[][] = nodes.map(() => []);
  const pending: number[] = [];
  const mark = (n: number): void => {
    const { op, shape } = nodes[n]!;
    if (spatial[n] || shape.length < 3 || op === "input" || op === "constant" || op === "scatterAdd") return;
    spatial[n] = true;
    pending.push(n);
  };
  nodes.forEach((node, n) => {
    const elementwise = lowerings.get(node.op)?.kind === "elementwise";
    for (const input of node.inputs) {
      const { shape } = nodes[input]!;
      const linked = elementwise ? sameShape(shape, node.shape) : passesAxes(node, shape);
      if (!linked) continue;
      links[n]!.push(input);
      links[input]!.push(n);
    }
  });
  nodes.forEach((node, n) => {
    if (node.op === "conv") {
      mark(n);
      mark(node.inputs[0]!);
    }
    if (node.op === "fourierOutputs" && !isFourierGradient(node)) mark(n);
    if (isWeightGradient(node) || isTransform(node)) for (const input of node.inputs) mark(input);
  });
  while (pending.length > 0) for (const other of links[pending.pop()!]!) mark(other);
  return spatial;
}

/** Whether batch and channels of an operand of shape `from` are those of the node. */
function passesAxes({ op, shape, attrs }: GraphNode, from: Shape): boolean {
  if (passing.has(op)) return true;
  if (op === "reshape") {
    const long = (extents: Shape): Shape => extents.slice(2).filter((extent) => extent !== 1);
    return sameShape(shape.slice(0, 2), from.slice(0, 2)) && sameShape(long(shape), long(from));
  }
  if (lowerings.get(op)?.kind !== "reduce") return false;
  const { axes } = attrs as { axes: readonly number[] };
  return axes.every((axis) => axis >= 2);
}
