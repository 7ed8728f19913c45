import type { GraphNode } from "../core/graph.ts";
import { sameShape } from "../core/shape.ts";

/** A value that is a run of channels of another one's buffer. */
export interface Guest {
  /** The concatenation in whose buffer it lies. */
  readonly host: number;
  /** Its first channel there. */
  readonly offset: number;
}

/**
 * Finds concatenations of channels whose operands can be written where they belong at once, so that nothing is copied.
 *
 * Of concatenations that begin alike, as those of a dense block, the longest is the host, and the others are its first
 * channels. Without effect on what is computed.
 *
 * @param may whether a node's kernel can write into a larger buffer.
 * @param padded whether a node's buffer has margins of its own.
 * @returns for each guest, and each concatenation that is part of a longer one, where it lies.
 */
export function placeConcats(
  nodes: readonly GraphNode[],
  may: (n: number) => boolean,
  padded: (n: number) => boolean,
): { guests: ReadonlyMap<number, Guest>; parts: ReadonlyMap<number, Guest> } {
  const guests = new Map<number, Guest>();
  const parts = new Map<number, Guest>();
  const hosts: number[] = [];
  const concats = nodes
    .map((_, n) => n)
    .filter((n) => nodes[n]!.op === "concat" && (nodes[n]!.attrs as { axis: number }).axis === 1 && may(n))
    .sort((a, b) => nodes[b]!.inputs.length - nodes[a]!.inputs.length);
  for (const n of concats) {
    const { inputs } = nodes[n]!;
    const longer = hosts.find((host) => sameShape(nodes[host]!.inputs.slice(0, inputs.length), inputs));
    if (longer !== undefined) {
      parts.set(n, { host: longer, offset: 0 });
      continue;
    }
    hosts.push(n);
    let offset = 0;
    for (const input of inputs) {
      const free = !guests.has(input) && !padded(input) && nodes[input]!.op !== "concat";
      if (may(input) && free) guests.set(input, { host: n, offset });
      offset += nodes[input]!.shape[1]!;
    }
  }
  return { guests, parts };
}
