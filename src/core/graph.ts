import type { DType } from "./dtype.ts";
import { type Attr, type Attrs, opNamed, type TensorSpec } from "./op.ts";
import type { Shape } from "./shape.ts";

/** One operation, or (`op: "input"`) one place to be filled when the program runs. */
export interface GraphNode extends TensorSpec {
  readonly op: string;
  /** Positions of the operands in `Graph.nodes`; always smaller than the node's own. */
  readonly inputs: readonly number[];
  readonly attrs: Attrs;
}

/** A computation as plain data: nodes in an order in which they can be computed. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** The nodes to be filled, in the order in which a program takes its arguments. */
  readonly inputs: readonly number[];
  readonly outputs: readonly GraphOutput[];
}

export interface GraphOutput {
  readonly node: number;
  /** Whether the result stays in the backend's memory (a variable's new content) instead of coming to the host. */
  readonly resident: boolean;
  /** Position in `Graph.inputs` of the input whose memory the result may take over. */
  readonly replaces?: number;
}

/** Builds a graph node by node; equal nodes are made once. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly #inputs: number[] = [];
  readonly #known = new Map<string, number>();

  /** @param lasting whether the same content is likely to come at later runs too. */
  input({ shape, dtype }: TensorSpec, lasting = false): number {
    const index =
      this.nodes.push({ op: "input", inputs: [], attrs: lasting ? { lasting } : {}, shape, dtype }) - 1;
    this.#inputs.push(index);
    return index;
  }

  /** Adds an operation, or finds the equal one that is there already. */
  add(op: string, inputs: readonly number[], attrs: Attrs): number {
    const key = `${op}(${inputs.join()})${attrsKey(attrs as Attr)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { shape, dtype } = opNamed(op).shape(
      inputs.map((input) => this.nodes[input]!),
      attrs,
    );
    const index = this.nodes.push({ op, inputs, attrs, shape, dtype }) - 1;
    this.#known.set(key, index);
    return index;
  }

  finish(outputs: readonly GraphOutput[]): Graph {
    return { nodes: this.nodes, inputs: this.#inputs, outputs };
  }
}

/** A text that is equal for two graphs exactly when they compute the same function. */
export function graphKey(graph: Graph): string {
  const nodes = graph.nodes.map(
    (node) =>
      `${node.op}(${node.inputs.join()})${attrsKey(node.attrs as Attr)}:${specKey(node.dtype, node.shape)}`,
  );
  const outputs = graph.outputs.map((out) => `${out.node}${out.resident ? "r" : ""}${out.replaces ?? ""}`);
  return `${nodes.join(";")}|${graph.inputs.join()}|${outputs.join()}`;
}

/** The graph as text, a line a node, for people. */
export function printGraph(graph: Graph): string {
  const lines = graph.nodes.map((node, index) => {
    const operands = node.inputs.map((input) => `%${input}`).join(", ");
    const attrs = Object.keys(node.attrs).length > 0 ? ` ${attrsKey(node.attrs as Attr)}` : "";
    return `%${index}: ${specKey(node.dtype, node.shape)} = ${node.op}(${operands})${attrs}`;
  });
  return [...lines, `return ${graph.outputs.map((out) => `%${out.node}`).join(", ")}`].join("\n");
}

function specKey(dtype: DType, shape: Shape): string {
  return `${dtype}[${shape.join()}]`;
}

/** Like JSON with sorted keys, but able to tell infinities, NaN and negative zero apart. */
function attrsKey(attr: Attr): string {
  if (typeof attr === "number") return Object.is(attr, -0) ? "-0" : String(attr);
  if (attr === null || typeof attr !== "object") return JSON.stringify(attr);
  if (Array.isArray(attr)) return `[${attr.map(attrsKey).join()}]`;
  const record = attr as { readonly [key: string]: Attr };
  const fields = Object.keys(record).sort();
  return `{${fields.map((field) => `${field}:${attrsKey(record[field]!)}`).join()}}`;
}
