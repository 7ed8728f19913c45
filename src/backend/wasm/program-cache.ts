import { type Graph, graphKey } from "../../core/graph.ts";
import { isForeignOp } from "../../core/op.ts";
import type { Target } from "./make-image.ts";

/**
 * Keeps compiled programs for other processes; `diskCache` of fovea/node is one.
 *
 * Neither method rejects: a cache that cannot read has nothing, and one that cannot write keeps nothing.
 */
export interface ProgramCache {
  /**
   * The bytes that this very build of the library wrote under a key, to the bit, or undefined: other builds compile the
   * same graph to other code.
   */
  read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(key: string, bytes: Uint8Array): Promise<void>;
}

/**
 * A text that is equal exactly for programs with equal images; it may be long.
 *
 * Undefined for a graph with an op from outside the library: what that is made of may change while its name stays.
 */
export function programKey(graph: Graph, target: Target): string | undefined {
  if (graph.nodes.some(({ op }) => isForeignOp(op))) return undefined;
  return `${JSON.stringify(target)}\n${graphKey(graph)}`;
}
