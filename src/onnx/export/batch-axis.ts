import { ArgumentError } from "../../core/errors.ts";
import type { Attr, Attrs } from "../../core/op.ts";
import type { Shape } from "../../core/shape.ts";
import type { Network } from "./build-network.ts";
import type { NetworkGraph, NetworkNode } from "./network-graph.ts";

/** An extent that is known, or a multiple of the batch's size. */
export type Extent = number | { readonly batches: number };

export type Dims = readonly Extent[];

/**
 * Two sizes that a network is traced with to find out what depends on the batch's. They are primes that no network has
 * for another reason, so that a size of 1, which broadcasts, or one that an axis has by chance does not mislead.
 */
export const batchSizes = [8_191, 131_071] as const;

/**
 * The extents of all values of a network, given its graphs for both batch sizes.
 *
 * @throws ArgumentError naming the first operation that depends on the batch's size in another way than by its shape.
 */
export function extentsByName(
  { graph: a, constants }: Network,
  { graph: b, ...other }: Network,
): Map<string, Dims> {
  const extents = new Map<string, Dims>();
  const note = (name: string, what: string, left: Shape, right: Shape): void => {
    if (left.length !== right.length) throw dependent(what);
    extents.set(
      name,
      left.map((extent, axis) => extentOf(extent, right[axis]!, what)),
    );
  };
  a.inputs.forEach(({ name, shape }, i) => {
    note(name, name, shape, b.inputs[i]!.shape);
  });
  for (const [name, shape] of Object.entries(a.weights)) extents.set(name, shape);
  for (const [name, tensor] of constants) {
    const same = tensor === other.constants.get(name) || equalValues(tensor, other.constants.get(name));
    if (!same) throw dependent(`the fixed value ${name}`);
    extents.set(name, tensor.shape);
  }
  if (a.nodes.length !== b.nodes.length) throw dependent("the number of operations");
  a.nodes.forEach((node, i) => {
    const twin = b.nodes[i]!;
    const what = describe(node, a);
    if (node.op !== twin.op || node.inputs.join("\n") !== twin.inputs.join("\n")) throw dependent(what);
    requireEqualAttrs(node, twin.attrs, what);
    note(node.output, what, node.shape, twin.shape);
  });
  return extents;
}

function equalValues(a: { readonly source: unknown }, b: { readonly source: unknown } | undefined): boolean {
  const read = (tensor: typeof b) => {
    const source = tensor?.source as { storage?: { read(): ArrayLike<number> } } | undefined;
    return source?.storage?.read();
  };
  const [left, right] = [read(a), read(b)];
  return (
    left?.length === right?.length && Array.from(left ?? []).every((value, i) => Object.is(value, right![i]))
  );
}

function extentOf(a: number, b: number, what: string): Extent {
  if (a === b) return a;
  const batches = a / batchSizes[0];
  if (Number.isInteger(batches) && b === batches * batchSizes[1]) return { batches };
  throw dependent(`${what}, where an axis has ${a} elements for a batch of ${batchSizes[0]}`);
}

/** Settings that are shapes, and follow from the extents of the result. */
const shapes: Readonly<Record<string, string>> = {
  reshape: "shape",
  expand: "shape",
  full: "shape",
  slice: "size",
  iota: "size",
};

function requireEqualAttrs({ op, attrs }: NetworkNode, twin: Attrs, what: string): void {
  const without = (all: Attrs): string => {
    const entries = Object.entries(all as Record<string, Attr>).filter(([name]) => name !== shapes[op]);
    return JSON.stringify(entries, (_, value) => (typeof value === "number" ? String(value) : value));
  };
  if (without(attrs) !== without(twin)) throw dependent(what);
}

function describe({ op, output }: NetworkNode, graph: NetworkGraph): string {
  const at = graph.outputs.some(({ name }) => name === output) ? ` (the output "${output}")` : "";
  return `${op}${at}`;
}

function dependent(what: string): ArgumentError {
  return new ArgumentError(
    `the size of the batch cannot be left open, because it decides more than shapes: ${what}\n` +
      "  hint: export for one size of the batch",
  );
}
