import type { GraphNode } from "../core/graph.ts";
import { type InterleaveAttrs, residuesOf } from "../ops/interleave.ts";
import { type WinogradSlicesAttrs, winogradTiles } from "../ops/winograd.ts";
import type { Layouts } from "./choose-layouts.ts";
import { sumOfProducts } from "./contraction.ts";
import { type Buffer, guard, type Load, readsOf } from "./expr.ts";
import {
  constant,
  dynamic,
  flatten,
  type Index,
  type LoopVariable,
  loopVariable,
  slope,
  variable,
} from "./index-expr.ts";
import type { Kernel, KernelBody, Nest } from "./kernel.ts";
import { type Lattice, marginsOf, placeOf } from "./layout.ts";
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
    if (this.#layouts.of[n]!.winograd > 0) return this.#winogradFilters(n, output);
    const root = this.#elements.carried.get(n);
    const layout = this.#layouts.of[n]!;
    const interleaved = root === undefined ? undefined : this.#nodes[root]!;
    const lattices: (readonly Lattice[] | undefined)[] =
      interleaved?.op === "interleave" ? latticesOf(interleaved) : [undefined];
    const nests = lattices.map((lattice) => this.#nest(n, root !== undefined, lattice));
    const margins = marginsOf(layout, node.shape).map((region) => ({
      loops: region.loops,
      index: placeOf(layout, node.shape, region.at),
    }));
    const name = root === undefined || root === n ? node.op : `${this.#nodes[root]!.op}+${node.op}`;
    const body = nests.length === 1 ? nests[0]! : { kind: "parts" as const, parts: nests };
    const read = nests.flatMap(({ expr }) => [...readsOf(expr)]);
    const stable = this.#stable[n]!;
    const awaited =
      node.op === "barrier" ? node.inputs.map((input) => this.#elements.buffers.get(input)!) : [];
    return { name, node, output, reads: [...new Set([...read, ...awaited])], body, stable, margins };
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
