import type { Graph } from "../../../core/graph.ts";
import type { Combination } from "./combination.ts";

/** How a tensor goes on beyond its ends, in ONNX's words: mirrored, by its outermost elements, or from the other end. */
export type ExtensionMode = "reflect" | "edge" | "wrap";

export interface ExtensionAttrs {
  readonly mode: ExtensionMode;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** A join of a tensor with parts of itself as one padding, also over several axes. */
export function extension(modes: readonly ExtensionMode[]): Combination {
  return (graph, index) => {
    const found = extended(graph, index);
    if (!found || !modes.includes(found.mode)) return undefined;
    const { source, ...attrs } = found;
    return { index, op: "extend", operands: [source], attrs };
  };
}

type Extended = ExtensionAttrs & { readonly source: number };

function extended(graph: Graph, index: number): Extended | undefined {
  const node = graph.nodes[index]!;
  if (node.op !== "concat" || node.inputs.length < 2 || node.inputs.length > 3) return undefined;
  const { axis } = node.attrs as { axis: number };
  for (const middle of [1, 0]) {
    const source = node.inputs[middle]!;
    const before = middle === 1 ? sideOf(graph, node.inputs[0]!, source, axis, true) : undefined;
    const last = node.inputs[middle + 1];
    const after = last === undefined ? undefined : sideOf(graph, last, source, axis, false);
    const mode = before?.mode ?? after?.mode;
    if (mode === undefined) continue;
    if (node.inputs.length !== 1 + middle + (after ? 1 : 0)) continue;
    if ((middle === 1 && before?.mode !== mode) || (after && after.mode !== mode)) continue;
    const zeros = node.shape.map(() => 0);
    const inner = extended(graph, source);
    // A second extension of one axis goes on from the first, as one of both would not.
    const joins = inner?.mode === mode && inner.low[axis] === 0 && inner.high[axis] === 0;
    const { low, high } = joins ? inner : { low: zeros, high: zeros };
    return {
      mode,
      source: joins ? inner.source : source,
      low: low.with(axis, before?.width ?? 0),
      high: high.with(axis, after?.width ?? 0),
    };
  }
  return undefined;
}

interface Side {
  readonly mode: ExtensionMode;
  readonly width: number;
}

/** What stands before or after `source` along the axis, if that is made of its own elements. */
function sideOf(
  graph: Graph,
  part: number,
  source: number,
  axis: number,
  isBefore: boolean,
): Side | undefined {
  const extent = graph.nodes[source]!.shape[axis]!;
  const width = graph.nodes[part]!.shape[axis]!;
  const { op, inputs } = graph.nodes[part]!;
  if (op === "expand") {
    const range = rangeOf(graph, inputs[0]!, source, axis);
    const outermost = isBefore ? 0 : extent - 1;
    return range?.size === 1 && range.start === outermost ? { mode: "edge", width } : undefined;
  }
  const range = op === "slice" ? rangeOf(graph, part, source, axis) : undefined;
  if (range?.step === 1 && range.start === (isBefore ? extent - width : 0)) return { mode: "wrap", width };
  if (range?.step === -1 && range.start === (isBefore ? width : extent - 2))
    return { mode: "reflect", width };
  return undefined;
}

interface Range {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/** The range of `source` along the axis that `part` is, by slices that leave other axes whole. */
function rangeOf(graph: Graph, part: number, source: number, axis: number): Range | undefined {
  const node = graph.nodes[part]!;
  if (part === source) return { start: 0, step: 1, size: node.shape[axis]! };
  if (node.op !== "slice") return undefined;
  const x = graph.nodes[node.inputs[0]!]!;
  const { start, step, size } = node.attrs as Record<"start" | "step" | "size", readonly number[]>;
  const whole = size.every((extent, a) => a === axis || (extent === x.shape[a] && step[a] === 1));
  const outer = whole ? rangeOf(graph, node.inputs[0]!, source, axis) : undefined;
  return (
    outer && {
      start: outer.start + start[axis]! * outer.step,
      step: outer.step * step[axis]!,
      size: size[axis]!,
    }
  );
}
