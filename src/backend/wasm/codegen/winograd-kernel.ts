import { sumOfProducts } from "../../../compiler/contraction.ts";
import { type Buffer, load } from "../../../compiler/expr.ts";
import {
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  slope,
  substitute,
  times,
  variable,
} from "../../../compiler/index-expr.ts";
import type { Nest } from "../../../compiler/kernel.ts";
import { winogradSliceLength } from "../../../compiler/layout.ts";
import { mapExpr, mapIndices } from "../../../compiler/merge-loops.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { counted, least, pushPlace } from "./counting.ts";
import { Epilogue } from "./epilogue.ts";
import { emitShare } from "./loop-kernel.ts";
import { runBytes } from "./matrix-helpers.ts";
import type { BaseAddress } from "./places.ts";
import { readPanel } from "./read-ahead.ts";
import { emitReduction } from "./reductions.ts";
import { type TileRun, type TileShape, tileShapeFor, tilesOf } from "./tiles.ts";
import { type KernelEnvironment, Values } from "./values.ts";
import { type WinogradBlocking, winogradBlocking } from "./winograd-blocking.ts";

export type WinogradBody = Extract<Nest, { kind: "winograd" }>;

/** Stands for the results of one output tile in scratch memory. */
const resultsId = -1;

/** Emits a 3 × 3 convolution by Winograd's minimal filtering, with its epilogue; returns the shape of its tiles. */
export function emitWinogradKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  body: WinogradBody,
): TileShape {
  const emitter = new WinogradEmitter(f, environment, output, body);
  emitter.emit();
  return emitter.shape;
}

/**
 * For each block of output tiles: transforms their input patches; then, for each group of output channels, multiplies each
 * of the (tile + 2)² slices by its filters, and transforms the products back tile by tile, with the epilogue.
 *
 * A thread that does several groups of channels of one block transforms the patches once.
 */
class WinogradEmitter {
  readonly #f: FunctionBuilder;
  readonly #environment: KernelEnvironment;
  readonly #values: Values;
  readonly #body: WinogradBody;
  readonly #channels: number;
  readonly shape: TileShape;
  readonly #blocking: WinogradBlocking;
  readonly #tileRuns: readonly TileRun[];
  /** Tiles along y and x, and in all. */
  readonly #tilesY: number;
  readonly #tilesX: number;
  readonly #tiles: number;
  readonly #panels: number;
  /** The input: where it begins, and bytes from image to image, row to row, pixel to pixel. */
  readonly #input: BaseAddress;
  readonly #imageBytes: number;
  readonly #rowBytes: number;
  readonly #pixelBytes: number;
  /** Bytes from slice to slice of transformed patches and of products. */
  readonly #patchSlice: number;
  readonly #productSlice: number;
  readonly #patches: BaseAddress;
  readonly #products: BaseAddress;
  readonly #results: BaseAddress;
  readonly #rowTable: BaseAddress;
  readonly #runs: BaseAddress;
  readonly #epilogue: Epilogue;
  /** The first panel of the group of channels, a channel of the group, and an element of the output tile. */
  readonly #panel: LoopVariable;
  readonly #column: LoopVariable;
  readonly #cell: LoopVariable;

  constructor(f: FunctionBuilder, environment: KernelEnvironment, output: Buffer, body: WinogradBody) {
    this.#f = f;
    this.#environment = environment;
    this.#body = body;
    const { n, o, y, x } = body.axes;
    const sum = sumOfProducts(body.expr)!;
    const image = sum.a.buffer === body.filters ? sum.b : sum.a;
    this.#channels = sum.over[0]!.extent;
    this.shape = tileShapeFor(o.extent, environment.matrix.shapes);
    this.#panels = Math.ceil(o.extent / this.shape.columns);
    this.#tilesY = Math.ceil(y.extent / body.tile);
    this.#tilesX = Math.ceil(x.extent / body.tile);
    this.#tiles = n.extent * this.#tilesY * this.#tilesX;
    const blocking = winogradBlocking(
      { tile: body.tile, tiles: this.#tiles, channels: this.#channels, panels: this.#panels },
      this.shape,
    );
    this.#blocking = blocking;
    this.#tileRuns = tilesOf(blocking.tiles, this.shape);
    const base = environment.baseOf(image.buffer);
    this.#input = { local: base.local, offset: base.offset + 4 * image.index.constant };
    const bytesAlong = (loop: LoopVariable): number => 4 * slope(image.index, loop)!;
    this.#imageBytes = bytesAlong(n);
    this.#rowBytes = bytesAlong(y);
    this.#pixelBytes = bytesAlong(x);

    // Slices begin in different sets of the caches.
    const slices = (body.tile + 2) ** 2;
    const columns = blocking.panels * this.shape.columns;
    const apart = 3 * 64;
    this.#patchSlice = 4 * blocking.tiles * this.#channels + apart;
    this.#productSlice = 4 * blocking.tiles * columns + apart;
    const [patchBytes, productBytes] = [slices * this.#patchSlice, slices * this.#productSlice];
    const scratch = environment.scratch(patchBytes + productBytes + 4 * body.tile ** 2 * columns);
    this.#patches = scratch;
    this.#products = { local: scratch.local, offset: scratch.offset + patchBytes };
    this.#results = { local: scratch.local, offset: scratch.offset + patchBytes + productBytes };
    this.#rowTable = environment.constants(
      Int32Array.from({ length: blocking.tiles }, (_, r) => 4 * this.#channels * r),
    );
    this.#runs = environment.constants(Int32Array.of(0, this.#channels));

    this.#panel = loopVariable(this.#panels);
    this.#column = loopVariable(columns);
    this.#cell = loopVariable(body.tile ** 2);
    const channel = plus(times(variable(this.#panel), this.shape.columns), variable(this.#column));
    const change = (index: Index): Index => substitute(index, new Map([[o, channel]]));
    const results: Buffer = { id: resultsId, dtype: "float32", length: body.tile ** 2 * columns };
    const result = load(results, plus(times(variable(this.#cell), columns), variable(this.#column)));
    const epilogue = mapIndices(
      mapExpr(body.expr, (part) => (part.key === sum.key ? result : part)),
      change,
    );
    const baseOf = (buffer: Buffer): BaseAddress =>
      buffer.id === resultsId ? this.#results : environment.baseOf(buffer);
    this.#values = new Values(f, { ...environment, baseOf }, (nested) => emitReduction(this.#values, nested));
    this.#epilogue = new Epilogue(this.#values, output, change(body.index), epilogue, this.#column);
  }

  emit(): void {
    const f = this.#f;
    const { blocks, splits } = this.#blocking;
    const [unit, end, block, split, done] = Array.from({ length: 5 }, () => f.local("i32"));
    emitShare(f, blocks * splits, 1, unit!, end!);
    f.set(done!, f.i32.const(-1));
    f.if(f.i32.ltS(f.get(unit!), f.get(end!)), () =>
      f.loop((again) => {
        f.set(block!, f.i32.divU(f.get(unit!), f.i32.const(splits)));
        f.set(split!, f.i32.remU(f.get(unit!), f.i32.const(splits)));
        f.if(f.i32.ne(f.get(block!), f.get(done!)), () => this.#transformPatches(block!));
        f.set(done!, f.get(block!));
        this.#groups(block!, split!);
        f.set(unit!, f.i32.add(f.get(unit!), f.i32.const(1)));
        f.brIf(again, f.i32.ltS(f.get(unit!), f.get(end!)));
      }),
    );
    f.free(unit!, end!, block!, split!, done!);
  }

  #transformPatches(block: Local): void {
    const f = this.#f;
    const { tile } = this.#body;
    const transform = this.#environment.winograd.input(
      tile,
      this.#channels,
      this.#rowBytes,
      this.#pixelBytes,
      this.#patchSlice,
    );
    this.#eachTile(block, (t, n, ty, tx) => {
      pushPlace(
        this.#f,
        this.#input,
        [n, this.#imageBytes],
        [ty, tile * this.#rowBytes],
        [tx, tile * this.#pixelBytes],
      );
      pushPlace(this.#f, this.#patches, [t, 4 * this.#channels]);
      f.call(transform);
    });
  }

  /** Groups of panels, from this split's first to its last. */
  #groups(block: Local, split: Local): void {
    const f = this.#f;
    const { panels, panelsOfSplit } = this.#blocking;
    const [end, count] = [f.local("i32"), f.local("i32")];
    const low = f.local("i32");
    f.set(low, f.i32.mul(f.get(split), f.i32.const(panelsOfSplit)));
    f.set(end, f.i32.add(f.get(low), f.i32.const(panelsOfSplit)));
    least(this.#f, end, this.#panels);
    const { places } = this.#values;
    places.loop(this.#panel, low, end, panels, () => {
      const panel = places.valueOf(this.#panel)!.local!;
      f.set(count, f.i32.sub(f.get(end), f.get(panel)));
      least(this.#f, count, panels);
      this.#multiply(panel, count);
      this.#finish(block, panel, count);
    });
    f.free(end, count, low);
  }

  /** products[slice] = patches[slice] · filters[slice], for all slices. */
  #multiply(panel: Local, count: Local): void {
    const f = this.#f;
    const { matrix } = this.#environment;
    const { filters, tile } = this.#body;
    const width = this.shape.columns;
    const panelBytes = 4 * this.#channels * width;
    const filterSlice = 4 * winogradSliceLength(this.#body.axes.o.extent, this.#channels, width);
    const rowBytes = 4 * this.#blocking.panels * width;
    const base = this.#environment.baseOf(filters);
    const ownFilters = f.local("i32");
    counted(this.#f, (tile + 2) ** 2, (slice) => {
      counted(this.#f, count, (p) => {
        pushPlace(this.#f, base, [slice, filterSlice], [panel, panelBytes], [p, panelBytes]);
        f.set(ownFilters);
        readPanel(f, matrix, filters, ownFilters, panelBytes);
        for (const run of this.#tileRuns) {
          counted(this.#f, run.count, (t) => {
            const bytes = 4 * this.#channels;
            pushPlace(this.#f, this.#patches, [slice, this.#patchSlice], [t, run.rows * bytes]);
            f.i32.add(undefined, f.i32.const(run.first * bytes));
            pushPlace(this.#f, this.#rowTable);
            pushPlace(this.#f, this.#runs);
            pushPlace(this.#f, { ...this.#runs, offset: this.#runs.offset + runBytes });
            f.i32.const(4);
            f.get(ownFilters);
            pushPlace(
              this.#f,
              this.#products,
              [slice, this.#productSlice],
              [t, run.rows * rowBytes],
              [p, 4 * width],
            );
            f.i32.add(undefined, f.i32.const(run.first * rowBytes));
            f.i32.const(rowBytes);
            f.i32.const(0);
            f.call(matrix.tile(run.rows, width));
          });
        }
      });
    });
    f.free(ownFilters);
  }

  /** Transforms the products of each tile back, and writes those results that lie inside the output. */
  #finish(block: Local, panel: Local, count: Local): void {
    const f = this.#f;
    const values = this.#values;
    const { tile, axes } = this.#body;
    const width = this.shape.columns;
    const columns = this.#blocking.panels * width;
    const transform = this.#environment.winograd.output(tile, columns, this.#productSlice);
    const inside = f.local("i32");
    f.set(inside, f.i32.mul(f.get(count), f.i32.const(width)));
    const left = f.local("i32");
    f.set(left, f.i32.sub(f.i32.const(axes.o.extent), f.i32.mul(f.get(panel), f.i32.const(width))));
    f.set(inside, f.select(f.get(inside), f.get(left), f.i32.ltS(f.get(inside), f.get(left))));
    values.hoist(this.#epilogue.expr);
    this.#eachTile(block, (t, n, ty, tx) => {
      pushPlace(this.#f, this.#products, [t, 4 * columns]);
      pushPlace(this.#f, this.#results);
      f.call(transform);
      const [top, bottom] = this.#range(ty, axes.y.extent);
      const [begin, end] = this.#range(tx, axes.x.extent);
      const cell = f.local("i32");
      const { places } = values;
      places.withValue(axes.n, n, () =>
        places.loop(axes.y, top, bottom, 1, () =>
          places.loop(axes.x, begin, end, 1, () => {
            f.i32.sub(f.get(places.valueOf(axes.y)!.local!), f.get(top));
            f.i32.mul(undefined, f.i32.const(tile));
            f.i32.add(undefined, f.i32.sub(f.get(places.valueOf(axes.x)!.local!), f.get(begin)));
            f.set(cell);
            places.withValue(this.#cell, cell, () => this.#epilogue.emit(inside));
          }),
        ),
      );
      f.free(top, bottom, begin, end, cell);
    });
    f.free(inside, left);
  }

  /** New locals: the output positions along an axis that a tile covers. */
  #range(at: Local, extent: number): [low: Local, high: Local] {
    const f = this.#f;
    const { tile } = this.#body;
    const [low, high] = [f.local("i32"), f.local("i32")];
    f.set(low, f.i32.mul(f.get(at), f.i32.const(tile)));
    f.set(high, f.i32.add(f.get(low), f.i32.const(tile)));
    least(this.#f, high, extent);
    return [low, high];
  }

  /** Runs `body` for each tile of a block: its number in the block, its image, and its place there. */
  #eachTile(block: Local, body: (t: Local, n: Local, ty: Local, tx: Local) => void): void {
    const f = this.#f;
    const [first, count, n, ty, tx] = Array.from({ length: 5 }, () => f.local("i32"));
    f.set(first!, f.i32.mul(f.get(block), f.i32.const(this.#blocking.tiles)));
    f.set(count!, f.i32.sub(f.i32.const(this.#tiles), f.get(first!)));
    least(this.#f, count!, this.#blocking.tiles);
    const perImage = this.#tilesY * this.#tilesX;
    counted(this.#f, count!, (t) => {
      f.set(tx!, f.i32.add(f.get(first!), f.get(t)));
      f.set(n!, f.i32.divU(f.get(tx!), f.i32.const(perImage)));
      f.set(tx!, f.i32.remU(f.get(tx!), f.i32.const(perImage)));
      f.set(ty!, f.i32.divU(f.get(tx!), f.i32.const(this.#tilesX)));
      f.set(tx!, f.i32.remU(f.get(tx!), f.i32.const(this.#tilesX)));
      body(t, n!, ty!, tx!);
    });
    f.free(first!, count!, n!, ty!, tx!);
  }
}
