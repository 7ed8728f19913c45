import type { GraphNode } from "../core/graph.ts";
import { type InterleaveAttrs, residuesOf } from "../ops/interleave.ts";
import { type WinogradSlicesAttrs, winogradTiles } from "../ops/winograd.ts";
import type { Layouts } from "./choose-layouts.ts";
import { sumOfProducts } from "./contraction.ts";
import { type Buffer, guard, type Load, readsOf } from "./expr.ts";
import { fourierBody } from "./fourier-body.ts";
import {
  constant,
  dynamic,
  flatten,
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  slope,
  variable,
} from "./index-expr.ts";
import type { Kernel, KernelBody, Nest } from "./kernel.ts";
import { elementsOf, type Lattice, marginsOf, placeOf } from "./layout.ts";
import type { LoopNest } from "./merge-loops.ts";
import type { NodeElements } from "./node-elements.ts";

/** Makes the kernel of a node that has a buffer. */
export class KernelBuilder {
  readonly #nodes: readonly GraphNode[];
  readonly #layouts: Layouts;
  readonly #stable: readonly boolean[];
  readonly #elements: NodeElements;
  /** Filters in Winograd's form, with the extent of the output tiles. */
  readonly #winograd: ReadonlyMap<Buffer, 2 | 4>;

  constructor(
    nodes: readonly GraphNode[],
    layouts: Layouts,
    stable: readonly boolean[],
    elements: NodeElements,
    winograd: ReadonlyMap<Buffer, 2 | 4>,
  ) {
    this.#nodes = nodes;
    this.#layouts = layouts;
    this.#stable = stable;
    this.#elements = elements;
    this.#winograd = winograd;
  }

  kernel(n: number): Kernel {
    const node = this.#nodes[n]!;
    const output = this.#elements.buffers.get(n)!;
    if (node.op === "randomBits") {
      const state = this.#elements.buffers.get(node.inputs[0]!)!;
      const body = { kind: "random" as const, state, length: output.length };
      return { name: node.op, node, output, reads: [state], body, stable: false, margins: [] };
    }
    if (node.op === "scatterAdd") return this.#scatter(n, output);
    if (node.op === "winogradSlices" || node.op === "winogradFilterGradient")
      return this.#transform(n, output);
    if (node.op === "fourierSlices" || node.op === "fourierOutputs") {
      const body = fourierBody(node, this.#nodes[node.inputs[0]!]!, this.#layouts.of[n]!, this.#elements);
      const stable = this.#stable[n]! && !output.within;
      return { name: node.op, node, output, reads: [body.source], body, stable, margins: this.#marginsOf(n) };
    }
    if (this.#layouts.of[n]!.winograd > 0) return this.#winogradFilters(n, output);
    const root = this.#elements.carried.get(n);
    const interleaved = root === undefined ? undefined : this.#nodes[root]!;
    const lattices: (readonly Lattice[] | undefined)[] =
      interleaved?.op === "interleave" ? latticesOf(interleaved) : [undefined];
    const nests = lattices.map((lattice) => this.#nest(n, root !== undefined, lattice));
    const name = root === undefined || root === n ? node.op : `${this.#nodes[root]!.op}+${node.op}`;
    const body = nests.length === 1 ? nests[0]! : { kind: "parts" as const, parts: nests };
    const read = nests.flatMap(({ expr }) => [...readsOf(expr)]);
    const stable = this.#stable[n]! && !output.within;
    const awaited =
      node.op === "barrier" ? node.inputs.map((input) => this.#elements.buffers.get(input)!) : [];
    const reads = [...new Set([...read, ...awaited])];
    return { name, node, output, reads, body, stable, margins: this.#marginsOf(n) };
  }

  /**
   * Kernels for those operands of a concatenation that do not lie in its buffer already.
   *
   * @param copies where they go, by host and number of the operand.
   */
  copies(host: number, copies: ReadonlyMap<string, Buffer>): Kernel[] {
    const { inputs, shape } = this.#nodes[host]!;
    const layout = this.#layouts.of[host]!;
    let end = 0;
    return inputs.flatMap((input, i) => {
      const node = this.#nodes[input]!;
      const offset = end;
      end += node.shape[1]!;
      const output = copies.get(`${host}:${i}`);
      if (!output) return [];
      const { loops, at } = elementsOf(layout, node.shape, 0, 1);
      const expr = this.#elements.of(input)(at);
      const index = placeOf(layout, shape, at.with(1, plus(at[1]!, offset)));
      const body: KernelBody = { kind: "map", loops, index, expr };
      const margins = offset === 0 ? this.#marginsOf(host) : [];
      return [{ name: "concat", node, output, reads: [...readsOf(expr)], body, stable: false, margins }];
    });
  }

  /** The zeros around a node's elements; the first operand's kernel writes those of a whole concatenation. */
  #marginsOf(n: number): Kernel["margins"] {
    const place = this.#layouts.guests.get(n);
    if (place && place.offset > 0) return [];
    const source = place?.host ?? n;
    const [layout, { shape }] = [this.#layouts.of[source]!, this.#nodes[source]!];
    return marginsOf(layout, shape).map(({ loops, at }) => ({ loops, index: placeOf(layout, shape, at) }));
  }

  #nest(n: number, reduces: boolean, lattice: readonly Lattice[] | undefined): Nest {
    const { shape } = this.#nodes[n]!;
    const layout = this.#layouts.of[n]!;
    const { loops, at, inside } = this.#elements.naturalLoops(n, lattice);
    const expr = guard(inside, this.#elements.ofKernel(n)(at), 0);
    const index = layout.panel
      ? flatten(
          loops.map((loop) => variable(loop)),
          loops.map((loop) => loop.extent),
        )
      : placeOf(layout, shape, at);
    const product = sumOfProducts(expr);
    const winograd = product && this.#winogradNest(product, { loops, index, expr }, at);
    return winograd ?? { kind: product ? "contraction" : reduces ? "reduce" : "map", loops, index, expr };
  }

  /** The nest of a convolution whose filters have been transformed. */
  #winogradNest(
    { a, b }: { readonly a: Load; readonly b: Load },
    nest: LoopNest,
    at: readonly Index[],
  ): Nest | undefined {
    const filters = [a.buffer, b.buffer].find((buffer) => this.#winograd.has(buffer));
    const tile = filters && this.#winograd.get(filters);
    if (!filters || !tile) return undefined;
    const [n, o, y, x] = at.map((index) => index.terms[0]!.atom as LoopVariable);
    return { kind: "winograd", ...nest, tile, filters, axes: { n: n!, o: o!, y: y!, x: x! } };
  }

  #winogradFilters(n: number, output: Buffer): Kernel {
    const node = this.#nodes[n]!;
    const { winograd, panel } = this.#layouts.of[n]!;
    const [filters, channels] = node.shape as [number, number];
    const loops = [loopVariable(channels), loopVariable(filters)] as const;
    const elements = this.#elements.of(node.inputs[0]!);
    const taps = Array.from({ length: 9 }, (_, k) =>
      elements([variable(loops[1]), variable(loops[0]), constant(Math.floor(k / 3)), constant(k % 3)]),
    );
    const reads = [...new Set(taps.flatMap((tap) => [...readsOf(tap)]))];
    const body: KernelBody = {
      kind: "winogradFilters",
      loops,
      taps,
      tile: winograd as 2 | 4,
      width: panel!.width,
    };
    return { name: node.op, node, output, reads, body, stable: this.#stable[n]!, margins: [] };
  }

  /** Winograd's transforms for the gradient of filters. */
  #transform(n: number, output: Buffer): Kernel {
    const node = this.#nodes[n]!;
    const [input] = node.inputs as [number];
    const loops = this.#nodes[input]!.shape.map((extent) => loopVariable(extent));
    const source = this.#elements.of(input)(loops.map((loop) => variable(loop))) as Load;
    const strides = loops.map((loop) => slope(source.index, loop)!);
    const { tile } = node.attrs as WinogradSlicesAttrs;
    const size = tile + 2;
    const common = {
      kind: "winogradTransform",
      tile,
      source: source.buffer,
      start: source.index.constant,
    } as const;
    let body: KernelBody;
    if (node.op === "winogradFilterGradient") {
      const [, filters, channels] = this.#nodes[input]!.shape as [number, number, number];
      const [slice, filter] = strides as [number, number];
      const squares = [{ extent: filters, from: filter, to: 9 * channels }];
      const [from, to] = [[size * slice, slice] as const, [3 * channels, channels] as const];
      body = { ...common, role: "filterGradient", lanes: channels, squares, from, to };
    } else {
      const attrs = node.attrs as WinogradSlicesAttrs;
      const [batch, channels, height, width] = this.#nodes[input]!.shape as [number, number, number, number];
      const [image, , row, column] = strides as [number, number, number, number];
      const [tilesY, tilesX] = [winogradTiles(height, attrs), winogradTiles(width, attrs)];
      const squares = [
        { extent: batch, from: image, to: tilesY * tilesX * channels },
        { extent: tilesY, from: tile * row, to: tilesX * channels },
        { extent: tilesX, from: tile * column, to: channels },
      ];
      const slice = output.length / size ** 2;
      const [from, to] = [[row, column] as const, [size * slice, slice] as const];
      body = { ...common, role: attrs.of, lanes: channels, squares, from, to };
    }
    return {
      name: node.op,
      node,
      output,
      reads: [source.buffer],
      body,
      stable: this.#stable[n]!,
      margins: [],
    };
  }

  #scatter(n: number, output: Buffer): Kernel {
    const node = this.#nodes[n]!;
    const { axis } = node.attrs as unknown as { axis: number };
    const [values, indices] = node.inputs.map((input) => this.#elements.of(input));
    const { loops, at } = this.#elements.naturalLoops(n);
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
}

/** The positions of each part of an interleaved tensor. */
function latticesOf({ attrs }: GraphNode): Lattice[][] {
  const { step } = attrs as unknown as InterleaveAttrs;
  return residuesOf(step).map((residues) =>
    residues.map((residue, axis) => ({ residue, step: step[axis]! })),
  );
}
