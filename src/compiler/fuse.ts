import type { Graph, GraphNode } from "../core/graph.ts";
import { sameShape, sizeOf } from "../core/shape.ts";
import type { InterleaveAttrs } from "../ops/interleave.ts";
import { KernelBuilder } from "./build-kernel.ts";
import { chooseLayouts, isWeightGradient, type Layouts } from "./choose-layouts.ts";
import { sumOfProducts } from "./contraction.ts";
import { opaqueOps } from "./expand-graph.ts";
import { type Buffer, type Expr, readsOf, walk } from "./expr.ts";
import { flatten, isAffine } from "./index-expr.ts";
import type { Kernel, KernelGraph } from "./kernel.ts";
import { elementsOf, isRowMajor, lengthOf, rowMajor } from "./layout.ts";
import { type Lowering, lowerings } from "./lower/index.ts";
import { NodeElements } from "./node-elements.ts";
import { fixedInputs, isStable } from "./stable.ts";

/** Above this many instructions an element, a value that several kernels need is computed once and kept. */
const recomputeLimit = 6;

/** Most ops that lie between the uses of a value and where they come together again. */
const largestRegion = 16;

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
  readonly #layouts: Layouts;
  readonly #elements: NodeElements;
  readonly #buffers: Map<number, Buffer>;
  /** Buffers whose layout contractions know how to read. */
  readonly #packed = new Set<Buffer>();
  /** The memory of concatenations, and the parts of it that operands are copied to, by host and number. */
  readonly #rooms = new Map<number, Buffer>();
  readonly #copies = new Map<string, Buffer>();
  /** Filters in Winograd's form, with the extent of the output tiles. */
  readonly #winograd = new Map<Buffer, 2 | 4>();
  readonly #carried: Map<number, number>;
  readonly #costs: number[] = [];
  #nextBuffer = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#nodes = graph.nodes;
    this.#layouts = chooseLayouts(graph);
    this.#elements = new NodeElements(graph.nodes, this.#layouts);
    this.#buffers = this.#elements.buffers;
    this.#carried = this.#elements.carried;
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
    const builder = new KernelBuilder(
      this.#nodes,
      this.#layouts,
      stableNodes(this.#graph),
      this.#elements,
      this.#winograd,
    );
    for (let n = 0; n < this.#nodes.length; n++) {
      if (!this.#buffers.has(n) || isFilled(this.#nodes[n]!)) continue;
      if (this.#layouts.hosts.has(n)) kernels.push(...builder.copies(n, this.#copies));
      else if (!this.#layouts.parts.has(n)) kernels.push(builder.kernel(n));
    }
    return this.#withCopies(kernels, outputs);
  }

  #materialize(n: number): Buffer {
    const known = this.#buffers.get(n);
    if (known) return known;
    const { dtype, shape } = this.#nodes[n]!;
    const { guests, parts, of } = this.#layouts;
    const host = guests.get(n)?.host ?? parts.get(n)?.host ?? (this.#layouts.hosts.has(n) ? n : undefined);
    const buffer: Buffer =
      host === undefined
        ? { id: this.#nextBuffer++, dtype, length: lengthOf(of[n]!, shape) }
        : {
            id: this.#nextBuffer++,
            dtype,
            length: sizeOf(shape),
            within: this.#room(host),
            ...(!guests.has(n) && { parts: this.#partsOf(host).slice(0, this.#nodes[n]!.inputs.length) }),
          };
    this.#buffers.set(n, buffer);
    if (this.#nodes[n]!.op === "pack") this.#packed.add(buffer);
    const { winograd } = this.#layouts.of[n]!;
    if (winograd > 0) this.#winograd.set(buffer, winograd as 2 | 4);
    return buffer;
  }

  /** The memory of a concatenation. */
  #room(host: number): Buffer {
    const { dtype, shape } = this.#nodes[host]!;
    const known = this.#rooms.get(host) ?? {
      id: this.#nextBuffer++,
      dtype,
      length: lengthOf(this.#layouts.of[host]!, shape),
    };
    this.#rooms.set(host, known);
    return known;
  }

  /** What the operands of a concatenation are written to: their own buffers, or copies of those that lie elsewhere. */
  #partsOf(host: number): Buffer[] {
    let end = 0;
    return this.#nodes[host]!.inputs.map((input, i) => {
      const key = `${host}:${i}`;
      const { dtype, shape } = this.#nodes[input]!;
      const offset = end;
      end += shape[1]!;
      const guest = this.#layouts.guests.get(input);
      if (guest?.host === host && guest.offset === offset) return this.#materialize(input);
      const copy = this.#copies.get(key) ?? {
        id: this.#nextBuffer++,
        dtype,
        length: sizeOf(shape),
        within: this.#room(host),
      };
      this.#copies.set(key, copy);
      return copy;
    });
  }

  #decide(n: number): void {
    const node = this.#nodes[n]!;
    if (opaqueOps.has(node.op) || node.op === "barrier") {
      for (const input of node.inputs) if (!this.#layouts.margins.has(input)) this.#materialize(input);
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
    if (node.op === "interleave") this.#carried.set(n, n);
    else this.#settleOperands(n, lowering);
    const cost = this.#costOf(n, lowering);
    this.#costs[n] = cost;
    const reduces = lowering.kind === "reduce" || lowering.kind === "contract";
    if (lowering.kind === "contract") this.#makeOperandsLoads(n);
    if (reduces) this.#carried.set(n, n);
    if (this.#buffers.has(n) || this.#uses[n]! === 0) return;
    const shared = this.#users[n]!.length > 1 && !this.#joins(n);
    if (shared && (this.#carried.has(n) || cost > recomputeLimit)) this.#materialize(n);
    else if (
      this.#users[n]!.some((user) => this.#repeats(user, n)) &&
      (cost > 2 || (!this.#carried.has(n) && this.#isScattered(n)))
    )
      this.#materialize(n);
  }

  /**
   * Whether a vector is read from elsewhere than one sum of its loops says, as one value for several channels is: spread
   * over the maps of a contraction it would keep that from being done by tiles.
   */
  #isScattered(n: number): boolean {
    if (!this.#users[n]!.every((user) => this.#nodes[user]!.op === "expand")) return false;
    const { at } = this.#elements.naturalLoops(n);
    let scattered = false;
    walk(this.#elements.ofKernel(n)(at), (part) => {
      if (part.kind === "load" && !isAffine(part.index)) scattered = true;
    });
    return scattered;
  }

  /**
   * Whether all uses of a value come together again in one elementwise op after few others, as in x · sigmoid(x): then
   * one kernel computes it once.
   */
  #joins(n: number): boolean {
    const region = new Set([n]);
    const next = new Set(this.#users[n]);
    while (region.size < largestRegion) {
      const user = Math.min(...next);
      const { op, inputs, shape } = this.#nodes[user]!;
      const known = (input: number): boolean =>
        region.has(input) ||
        this.#buffers.has(input) ||
        this.#nodes[input]!.op === "full" ||
        (input < n && !this.#carried.has(input));
      const fits = lowerings.get(op)?.kind === "elementwise" && sameShape(shape, this.#nodes[n]!.shape);
      if (!fits || op === "barrier" || !inputs.every(known)) return false;
      next.delete(user);
      if (next.size === 0) return true;
      // An op within is used by others within, and by nobody else.
      if (this.#layouts.kept.has(user) || this.#uses[user] !== this.#users[user]!.length) return false;
      region.add(user);
      for (const other of this.#users[user]!) next.add(other);
    }
    return false;
  }

  /** Gives buffers to those operands whose reductions cannot be done inside `n`. */
  #settleOperands(n: number, lowering: Lowering): void {
    const node = this.#nodes[n]!;
    let kept: number | undefined;
    const parts = (input: number): number => this.#reducingParts(input).length;
    for (const input of [...new Set(node.inputs)].sort((a, b) => parts(b) - parts(a))) {
      const reduction = this.#buffers.has(input) ? undefined : this.#carried.get(input);
      if (reduction === undefined) continue;
      const { op } = this.#nodes[reduction]!;
      const contract = lowerings.get(op)!.kind === "contract";
      const aligned =
        lowering.kind === "elementwise" ||
        (node.op === "reshape" && op !== "interleave" && (!contract || this.#regroups(n, reduction)));
      const other = kept !== undefined && kept !== reduction;
      if (aligned && other && this.#users[input]!.length === 1 && this.#interleavedAlike(input, kept!))
        this.#settleParts(input);
      else if (!aligned || other) this.#materialize(input);
      else {
        kept = reduction;
        this.#carried.set(n, reduction);
      }
    }
  }

  /** Whether both are interleaved from parts in the same way. */
  #interleavedAlike(n: number, other: number): boolean {
    const [a, b] = [this.#nodes[n]!, this.#nodes[other]!];
    if (a.op !== "interleave" || b.op !== "interleave") return false;
    const [step, own] = [a, b].map(({ attrs }) => (attrs as InterleaveAttrs).step);
    return sameShape(step!, own!);
  }

  /** Gives buffers to the parts of an interleaved tensor that reduce, so that it is a view of them. */
  #settleParts(n: number): void {
    for (const part of this.#reducingParts(n)) this.#materialize(part);
    this.#carried.delete(n);
  }

  #reducingParts(n: number): number[] {
    const { op, inputs } = this.#nodes[n]!;
    if (op !== "interleave" || this.#buffers.has(n)) return [];
    return inputs.filter((input) => this.#carried.has(input) && !this.#buffers.has(input));
  }

  /**
   * Whether a reshape only splits or joins axes, so that a contraction inside still reads sums of loop variables; one in
   * Winograd's form keeps its own axes in front.
   */
  #regroups(n: number, contraction: number): boolean {
    const { at } = this.#elements.naturalLoops(n);
    const product = sumOfProducts(this.#elements.ofKernel(n)(at));
    if (product === undefined) return false;
    const loads = [product.a, product.b];
    const [own, { shape }] = [this.#nodes[contraction]!.shape, this.#nodes[n]!];
    if (loads.some(({ buffer }) => this.#winograd.has(buffer)) && !sameShape(shape.slice(0, own.length), own))
      return false;
    return loads.every((x) => isAffineLoad(x, this.#packed));
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
    if (["window", "gather", "scatterAdd", "conv", "matmul"].includes(node.op) || isWeightGradient(node))
      return true;
    return node.op === "expand" && sizeOf(node.shape) > sizeOf(this.#nodes[n]!.shape);
  }

  /** A contraction reads its operands from memory, at positions that are sums of loop variables. */
  #makeOperandsLoads(n: number): void {
    const node = this.#nodes[n]!;
    const { groups } = node.attrs as { groups?: number };
    const depthwise = node.op === "conv" && groups === node.shape[1];
    const isReadable = (operand: Expr): boolean =>
      depthwise ? operand.kind === "load" : isAffineLoad(operand, this.#packed);
    const probe = (): readonly Expr[] => {
      const { at } = this.#elements.naturalLoops(n);
      const value = this.#elements.ofKernel(n)(at);
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
      const copy: Buffer = { id: this.#nextBuffer++, dtype: source.dtype, length: sizeOf(shape) };
      const { loops, at } = elementsOf(rowMajor(shape.length), shape, 0, 1);
      const expr = this.#elements.of(n)(at);
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
function stableNodes(graph: Graph): boolean[] {
  const fixed = fixedInputs(graph);
  const stable: boolean[] = [];
  graph.nodes.forEach((node, n) => {
    stable.push(node.op === "input" ? fixed.has(n) : isStable(node, (input) => stable[input]!));
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
