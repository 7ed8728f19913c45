import type { Graph, GraphNode } from "../core/graph.ts";
import { sizeOf } from "../core/shape.ts";
import { chooseLayouts, type Layouts } from "./choose-layouts.ts";
import { sumOfProducts } from "./contraction.ts";
import { opaqueOps } from "./expand-graph.ts";
import { type Buffer, type Expr, guard, load, readsOf } from "./expr.ts";
import { dynamic, flatten, isAffine, loopVariable, plus, variable } from "./index-expr.ts";
import type { Kernel, KernelGraph } from "./kernel.ts";
import { elementsOf, isRowMajor, lengthOf, marginsOf, placeOf, type Region, rowMajor } from "./layout.ts";
import { type ElementAt, type Lowering, lowerings } from "./lower/index.ts";

/** Above this many instructions an element, a value that several kernels need is computed once and kept. */
const recomputeLimit = 6;

/**
 * Decides which values get a buffer, and makes one kernel for each.
 *
 * Elementwise ops and views are written into the kernels that use them; a reduction takes in what produces its operands
 * and the elementwise ops after it. What is left are few loop nests with everything between them done in registers.
 */
export function fuse(graph: Graph): KernelGraph {
  return new Fusion(graph).run();
}

class Fusion {
  readonly #nodes: readonly GraphNode[];
  readonly #graph: Graph;
  /** Number of readers of each live node, outputs counted. */
  readonly #uses: number[];
  readonly #users: number[][];
  readonly #buffers = new Map<number, Buffer>();
  readonly #layouts: Layouts;
  readonly #stable: readonly boolean[];
  /** Buffers whose layout contractions know how to read. */
  readonly #packed = new Set<Buffer>();
  /** For a node without buffer: the reduction that is computed inside it. */
  readonly #carried = new Map<number, number>();
  readonly #costs: number[] = [];
  #nextBuffer = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#nodes = graph.nodes;
    this.#layouts = chooseLayouts(graph);
    this.#stable = stableNodes(graph);
    this.#uses = graph.nodes.map(() => 0);
    this.#users = graph.nodes.map(() => []);
    const live = new Set(graph.outputs.map((output) => output.node));
    for (let n = graph.nodes.length - 1; n >= 0; n--) {
      if (!live.has(n)) continue;
      for (const input of new Set(graph.nodes[n]!.inputs)) {
        live.add(input);
        this.#users[input]!.push(n);
        this.#uses[input]!++;
      }
    }
    for (const { node } of graph.outputs) this.#uses[node]!++;
  }

  run(): KernelGraph {
    for (const input of this.#graph.inputs) this.#materialize(input);
    const outputs = this.#graph.outputs.map((output) => output.node);
    for (const node of outputs) this.#materialize(node);
    for (let n = 0; n < this.#nodes.length; n++) {
      if (this.#uses[n]! > 0 && this.#nodes[n]!.op !== "input") this.#decide(n);
    }
    const kernels: Kernel[] = [];
    for (let n = 0; n < this.#nodes.length; n++) {
      if (this.#buffers.has(n) && !isFilled(this.#nodes[n]!)) kernels.push(this.#kernel(n));
    }
    return this.#withCopies(kernels, outputs);
  }

  #materialize(n: number): Buffer {
    const known = this.#buffers.get(n);
    if (known) return known;
    const { dtype, shape } = this.#nodes[n]!;
    const buffer = { id: this.#nextBuffer++, dtype, length: lengthOf(this.#layouts.of[n]!, shape) };
    this.#buffers.set(n, buffer);
    if (this.#nodes[n]!.op === "pack") this.#packed.add(buffer);
    return buffer;
  }

  #decide(n: number): void {
    const node = this.#nodes[n]!;
    if (opaqueOps.has(node.op) || node.op === "barrier") {
      for (const input of node.inputs) this.#materialize(input);
      this.#materialize(n);
      this.#costs[n] = 0;
      return;
    }
    if (node.op === "pack" || this.#layouts.kept.has(n)) this.#materialize(n);
    if (node.op === "scatterAdd") {
      for (const input of node.inputs) if (this.#carried.has(input)) this.#materialize(input);
      this.#materialize(n);
      this.#costs[n] = 0;
      return;
    }
    const lowering = lowerings.get(node.op)!;
    this.#settleOperands(n, lowering);
    const cost = this.#costOf(n, lowering);
    this.#costs[n] = cost;
    const reduces = lowering.kind === "reduce" || lowering.kind === "contract";
    if (lowering.kind === "contract") this.#makeOperandsLoads(n, lowering);
    if (reduces) this.#carried.set(n, n);
    if (this.#buffers.has(n) || this.#uses[n]! === 0) return;
    const shared = this.#users[n]!.length > 1;
    if (shared && (this.#carried.has(n) || cost > recomputeLimit)) this.#materialize(n);
    else if (cost > 2 && this.#users[n]!.some((user) => this.#repeats(user, n))) this.#materialize(n);
  }

  /** Gives buffers to those operands whose reductions cannot be done inside `n`. */
  #settleOperands(n: number, lowering: Lowering): void {
    const node = this.#nodes[n]!;
    let kept: number | undefined;
    for (const input of new Set(node.inputs)) {
      const reduction = this.#buffers.has(input) ? undefined : this.#carried.get(input);
      if (reduction === undefined) continue;
      const contract = lowerings.get(this.#nodes[reduction]!.op)!.kind === "contract";
      const aligned =
        lowering.kind === "elementwise" ||
        (node.op === "reshape" && !contract && sizeOf(node.shape) === sizeOf(this.#nodes[input]!.shape));
      if (!aligned || kept !== undefined) this.#materialize(input);
      else {
        kept = input;
        this.#carried.set(n, reduction);
      }
    }
  }

  #costOf(n: number, lowering: Lowering): number {
    const operands = this.#nodes[n]!.inputs.map((input) =>
      this.#buffers.has(input) ? 1 : this.#costs[input]!,
    );
    return (lowering.cost ?? 0) + operands.reduce((a, b) => a + b, 0);
  }

  /** Whether `user` reads elements of `n` more than once. */
  #repeats(user: number, n: number): boolean {
    const node = this.#nodes[user]!;
    if (["window", "gather", "scatterAdd", "conv", "convWeightGrad", "matmul"].includes(node.op)) return true;
    return node.op === "expand" && sizeOf(node.shape) > sizeOf(this.#nodes[n]!.shape);
  }

  /** A contraction reads its operands from memory, at positions that are sums of loop variables. */
  #makeOperandsLoads(n: number, lowering: Lowering): void {
    const node = this.#nodes[n]!;
    const { groups } = node.attrs as { groups?: number };
    const depthwise = node.op === "conv" && groups === node.shape[1];
    const isReadable = (operand: Expr): boolean =>
      depthwise ? operand.kind === "load" : isAffineLoad(operand, this.#packed);
    const probe = (): readonly Expr[] => {
      const { at } = this.#naturalLoops(n);
      const value = this.#lowered(n, lowering)(at);
      if (value.kind !== "reduce") return [];
      // A depthwise convolution is a loop nest: it leaves out zeros between elements instead of reading them.
      let { body } = value;
      while (depthwise && body.kind === "guard") body = body.value;
      return body.kind === "binary" ? [body.a, body.b] : [body];
    };
    for (const input of new Set(node.inputs)) {
      if (this.#buffers.has(input)) continue;
      const before = this.#buffersBehind(input);
      const operands = probe();
      const bad = operands.filter((operand) => !isReadable(operand));
      if (bad.length === 0) return;
      const touched = bad.some(
        (operand) =>
          [...readsOf(operand)].some((buffer) => before.has(buffer)) || readsOf(operand).size === 0,
      );
      if (touched) this.#materialize(input);
    }
    if (!probe().every(isReadable)) for (const input of node.inputs) this.#materialize(input);
  }

  #buffersBehind(n: number, found: Set<Buffer> = new Set()): Set<Buffer> {
    const buffer = this.#buffers.get(n);
    if (buffer) found.add(buffer);
    else for (const input of this.#nodes[n]!.inputs) this.#buffersBehind(input, found);
    return found;
  }

  /** A node's elements as loops in the order of its memory; grouped channels have a loop for the group. */
  #naturalLoops(n: number): Region {
    const node = this.#nodes[n]!;
    const root = this.#carried.get(n) ?? n;
    const { op, attrs } = this.#nodes[root]!;
    const groups =
      op === "conv" || op === "convWeightGrad" ? (attrs as unknown as { groups: number }).groups : 1;
    return elementsOf(this.#layouts.of[n]!, node.shape, op === "conv" ? 1 : 0, groups);
  }

  #elements(n: number): ElementAt {
    const buffer = this.#buffers.get(n);
    const { shape, op } = this.#nodes[n]!;
    if (buffer) return (at) => load(buffer, placeOf(this.#layouts.of[n]!, shape, at));
    if (this.#layouts.margins.has(n)) return this.#withMargins(n);
    return this.#lowered(n, lowerings.get(op)!);
  }

  /** A padding whose zeros are in the operand's buffer already. */
  #withMargins(n: number): ElementAt {
    const { inputs, attrs } = this.#nodes[n]!;
    const { low } = attrs as { low: readonly number[] };
    const elements = this.#elements(inputs[0]!);
    return (at) => elements(at.map((index, axis) => plus(index, -low[axis]!)));
  }

  #lowered(n: number, lowering: Lowering): ElementAt {
    const node = this.#nodes[n]!;
    const operands = node.inputs.map((input) => {
      const { shape, dtype } = this.#nodes[input]!;
      return { shape, dtype, at: this.#elements(input) };
    });
    return lowering.lower(operands, node);
  }

  #kernel(n: number): Kernel {
    const node = this.#nodes[n]!;
    const output = this.#buffers.get(n)!;
    if (node.op === "randomBits") {
      const state = this.#buffers.get(node.inputs[0]!)!;
      const body = { kind: "random" as const, state, length: output.length };
      return { name: node.op, node, output, reads: [state], body, stable: false, margins: [] };
    }
    if (node.op === "scatterAdd") return this.#scatter(n, output);
    const root = this.#carried.get(n);
    const layout = this.#layouts.of[n]!;
    const { loops, at, inside } = this.#naturalLoops(n);
    const expr = guard(inside, this.#lowered(n, lowerings.get(node.op)!)(at), 0);
    const index = layout.panel
      ? flatten(
          loops.map((loop) => variable(loop)),
          loops.map((loop) => loop.extent),
        )
      : placeOf(layout, node.shape, at);
    const margins = marginsOf(layout, node.shape).map((region) => ({
      loops: region.loops,
      index: placeOf(layout, node.shape, region.at),
    }));
    const name = root === undefined || root === n ? node.op : `${this.#nodes[root]!.op}+${node.op}`;
    const body = sumOfProducts(expr)
      ? { kind: "contraction" as const, loops, index, expr }
      : { kind: root === undefined ? ("map" as const) : ("reduce" as const), loops, index, expr };
    const stable = this.#stable[n]!;
    const awaited = node.op === "barrier" ? node.inputs.map((input) => this.#buffers.get(input)!) : [];
    return { name, node, output, reads: [...new Set([...readsOf(expr), ...awaited])], body, stable, margins };
  }

  #scatter(n: number, output: Buffer): Kernel {
    const node = this.#nodes[n]!;
    const { axis } = node.attrs as unknown as { axis: number };
    const [values, indices] = node.inputs.map((input) => this.#elements(input));
    const { loops, at } = this.#naturalLoops(n);
    const source = loopVariable(this.#nodes[node.inputs[0]!]!.shape[axis]!);
    const from = at.with(axis, variable(source));
    const [value, target] = [values!(from), indices!(from)];
    const to = at.with(axis, dynamic(target, node.shape[axis]!));
    const body = {
      kind: "scatter" as const,
      // Scattered sums are row-major: loops are axes.
      loops: loops.toSpliced(axis, 1),
      cleared: loops[axis]!,
      clearedIndex: flatten(at, node.shape),
      source,
      index: flatten(to, node.shape),
      value,
    };
    return {
      name: node.op,
      node,
      output,
      reads: [...new Set([...readsOf(value), ...readsOf(target)])],
      body,
      stable: this.#stable[n]!,
      margins: [],
    };
  }

  /** An output that is an input, or two outputs that are one value, need a copy of their own. */
  #withCopies(kernels: Kernel[], outputs: readonly number[]): KernelGraph {
    const taken = new Set<number>();
    const buffers = outputs.map((n) => {
      const source = this.#buffers.get(n)!;
      const { shape } = this.#nodes[n]!;
      if (!isFilled(this.#nodes[n]!) && !taken.has(n) && isRowMajor(this.#layouts.of[n]!, shape)) {
        taken.add(n);
        return source;
      }
      const copy = { ...source, id: this.#nextBuffer++, length: sizeOf(shape) };
      const { loops, at } = elementsOf(rowMajor(shape.length), shape, 0, 1);
      const expr = this.#elements(n)(at);
      const body = { kind: "map" as const, loops, index: flatten(at, shape), expr };
      kernels.push({
        name: "copy",
        node: this.#nodes[n]!,
        output: copy,
        reads: [source],
        body,
        stable: false,
        margins: [],
      });
      return copy;
    });
    return {
      kernels,
      inputs: this.#graph.inputs.map((input) => this.#buffers.get(input)!),
      constants: [...this.#buffers]
        .filter(([n]) => this.#nodes[n]!.op === "constant")
        .map(([n, buffer]) => ({
          buffer,
          values: (this.#nodes[n]!.attrs as { values: readonly number[] }).values,
        })),
      outputs: buffers,
    };
  }
}

/** For each node, whether its value stays the same from run to run, as long as variables that nobody writes do. */
function stableNodes({ nodes, inputs, outputs }: Graph): boolean[] {
  const replaced = new Set(
    outputs.map(({ replaces }) => (replaces === undefined ? undefined : inputs[replaces])),
  );
  const stable: boolean[] = [];
  nodes.forEach((node, n) => {
    if (node.op === "input") stable.push("lasting" in node.attrs && !replaced.has(n));
    else stable.push(node.op !== "randomBits" && node.inputs.every((input) => stable[input]));
  });
  return stable;
}

/** Whether a node's buffer holds its value before the program begins. */
function isFilled(node: GraphNode): boolean {
  return node.op === "input" || node.op === "constant";
}

/** Whether a contraction can read this: elements in memory at positions that are sums of loop variables. */
function isAffineLoad(expr: Expr, packed: ReadonlySet<Buffer>): boolean {
  return expr.kind === "load" && (isAffine(expr.index) || packed.has(expr.buffer));
}
