import type { GraphNode } from "../core/graph.ts";
import type { Layouts } from "./choose-layouts.ts";
import { type Buffer, type Expr, load } from "./expr.ts";
import { plus } from "./index-expr.ts";
import { elementsOf, type Lattice, placeOf, type Region } from "./layout.ts";
import { type ElementAt, lowerings } from "./lower/index.ts";

/** The elements of a graph's nodes: loads where a node has a buffer, else expressions of its operands' elements. */
export class NodeElements {
  readonly #nodes: readonly GraphNode[];
  readonly #layouts: Layouts;
  readonly buffers: Map<number, Buffer> = new Map();
  /** For a node without buffer: the reduction that is computed inside it. */
  readonly carried: Map<number, number> = new Map();
  /** Elements of the kernel that is being made: one that is used twice is one expression, with the same loops inside. */
  readonly #values = new Map<string, Expr>();

  constructor(nodes: readonly GraphNode[], layouts: Layouts) {
    this.#nodes = nodes;
    this.#layouts = layouts;
  }

  /** The element of a kernel's own node, for a new kernel. */
  ofKernel(n: number): ElementAt {
    this.#values.clear();
    return this.#lowered(n);
  }

  /** A node's elements, or those on a lattice, as loops in the order of its memory; with a loop for channels' groups. */
  naturalLoops(n: number, lattice?: readonly Lattice[]): Region {
    const { axis, groups } = this.#groupsOf(this.carried.get(n) ?? n);
    return elementsOf(this.#layouts.of[n]!, this.#nodes[n]!.shape, axis, groups, lattice);
  }

  /** The axis of output channels, and their groups, of the op that reduces in `root` or in what it is interleaved from. */
  #groupsOf(root: number): { axis: number; groups: number } {
    const { op, inputs, attrs } = this.#nodes[root]!;
    const [part] = op === "interleave" ? inputs.filter((input) => this.carried.has(input)) : [];
    if (part !== undefined) return this.#groupsOf(this.carried.get(part)!);
    const axis = { conv: 1, convWeightGrad: 0, convWeightGradParts: 2 }[op];
    return axis === undefined
      ? { axis: 0, groups: 1 }
      : { axis, groups: (attrs as unknown as { groups: number }).groups };
  }

  of(n: number): ElementAt {
    const buffer = this.buffers.get(n);
    const { shape } = this.#nodes[n]!;
    if (buffer) return (at) => load(buffer, placeOf(this.#layouts.of[n]!, shape, at));
    if (this.#layouts.margins.has(n)) return this.#withMargins(n);
    const elements = this.#lowered(n);
    return (at) => {
      const key = `${n}:${at.map((index) => index.key).join()}`;
      const value = this.#values.get(key) ?? elements(at);
      this.#values.set(key, value);
      return value;
    };
  }

  /** A padding whose zeros are in the operand's buffer already. */
  #withMargins(n: number): ElementAt {
    const { inputs, attrs } = this.#nodes[n]!;
    const { low } = attrs as { low: readonly number[] };
    const elements = this.of(inputs[0]!);
    return (at) => elements(at.map((index, axis) => plus(index, -low[axis]!)));
  }

  #lowered(n: number): ElementAt {
    const node = this.#nodes[n]!;
    const operands = node.inputs.map((input) => {
      const { shape, dtype } = this.#nodes[input]!;
      return { shape, dtype, at: this.of(input) };
    });
    return lowerings.get(node.op)!.lower(operands, node);
  }
}
