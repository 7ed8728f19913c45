import { type Contraction, offsetsAlong, partOf, replaceRun } from "../../../compiler/contraction.ts";
import { type Buffer, type Expr, load, type Reduce } from "../../../compiler/expr.ts";
import {
  constant,
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  substitute,
  times,
  variable,
} from "../../../compiler/index-expr.ts";
import { type LoopNest, mapExpr, mapIndices } from "../../../compiler/merge-loops.ts";
import type { Emitted, FunctionBuilder, Local } from "../assembler.ts";
import { type Blocking, blockingFor, type TileRun, tilesOf } from "./blocking.ts";
import { emitShare, onlyThread } from "./loop-kernel.ts";
import { tileColumns } from "./matrix-helpers.ts";
import type { BaseAddress } from "./places.ts";
import { emitReduction } from "./reductions.ts";
import { type KernelEnvironment, Values } from "./values.ts";

/** Below this many multiply-accumulates a product is done by one thread. */
const parallelFrom = 16_384;
/** Stands for the block of sums in scratch memory. */
const sumsId = -1;

const product = (loops: readonly LoopVariable[]): number =>
  loops.reduce((size, loop) => size * loop.extent, 1);

/** Emits a batch of matrix products with their epilogue into a function with parameters (thread, threads, table). */
export function emitContractionKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  nest: LoopNest,
  reduction: Reduce,
  contraction: Contraction,
  turn: number,
): void {
  new ContractionEmitter(f, environment, output, nest, reduction, contraction).emit(turn);
}

/** Locals that hold where a block's operands begin, and its first row and column. */
interface BlockStart {
  readonly a: Local;
  readonly b: Local;
  readonly row: Local;
  readonly column: Local;
}

/**
 * For each block of the output: for each block of inner steps, packs rows of A and panels of columns of B side by side and
 * adds up tiles of their product in scratch memory; then runs the epilogue over the block.
 */
class ContractionEmitter {
  readonly #f: FunctionBuilder;
  readonly #environment: KernelEnvironment;
  readonly #values: Values;
  readonly #contraction: Contraction;
  readonly #blocking: Blocking;
  readonly #tiles: readonly TileRun[];
  readonly #counts: {
    readonly batch: number;
    readonly rows: number;
    readonly columns: number;
    readonly inner: number;
  };
  /** Loops over blocks, and within a block. */
  readonly #rowBlock: LoopVariable;
  readonly #columnBlock: LoopVariable;
  readonly #row: LoopVariable;
  readonly #column: LoopVariable;
  /** Scratch memory: packed rows of A, a packed panel of B, the block's sums. */
  readonly #packed: BaseAddress;
  readonly #panel: BaseAddress;
  readonly #sums: BaseAddress;
  /** Byte offsets of rows and inner steps in A, of columns and inner steps in B. */
  readonly #rowTable: BaseAddress;
  readonly #columnTable: BaseAddress;
  readonly #innerA: BaseAddress;
  readonly #innerB: BaseAddress;
  /** Where a batch's operands begin. */
  readonly #startA: Index;
  readonly #startB: Index;
  readonly #output: Buffer;
  readonly #index: Index;
  readonly #epilogue: Expr;

  constructor(
    f: FunctionBuilder,
    environment: KernelEnvironment,
    output: Buffer,
    nest: LoopNest,
    reduction: Reduce,
    contraction: Contraction,
  ) {
    const { batch, rows, columns, inner, a, b } = contraction;
    this.#f = f;
    this.#environment = environment;
    this.#contraction = contraction;
    this.#output = output;
    this.#counts = {
      batch: product(batch),
      rows: product(rows),
      columns: product(columns),
      inner: product(inner),
    };
    const blocking = blockingFor(
      this.#counts.batch,
      this.#counts.rows,
      this.#counts.columns,
      this.#counts.inner,
    );
    this.#blocking = blocking;
    this.#tiles = tilesOf(blocking.rows);
    this.#rowBlock = loopVariable(blocking.rowBlocks);
    this.#columnBlock = loopVariable(blocking.columnBlocks);
    this.#row = loopVariable(blocking.rows);
    this.#column = loopVariable(blocking.columns);

    const packedBytes = 4 * blocking.rows * blocking.inner;
    const panelBytes = 4 * tileColumns * blocking.inner;
    const scratch = environment.scratch(packedBytes + panelBytes + 4 * blocking.rows * blocking.columns);
    this.#packed = scratch;
    this.#panel = { local: scratch.local, offset: scratch.offset + packedBytes };
    this.#sums = { local: scratch.local, offset: scratch.offset + packedBytes + panelBytes };

    const table = (index: Index, run: readonly LoopVariable[], length?: number): BaseAddress =>
      environment.constants(byteOffsets(offsetsAlong(index, run), length));
    this.#rowTable = table(a.index, rows, blocking.rows * blocking.rowBlocks);
    this.#columnTable = table(b.index, columns, blocking.columns * blocking.columnBlocks);
    this.#innerA = table(a.index, inner);
    this.#innerB = table(b.index, inner);
    this.#startA = partOf(a.index, batch);
    this.#startB = partOf(b.index, batch);

    const { index, expr } = this.#inBlocks(nest, reduction);
    this.#index = index;
    this.#epilogue = expr;
    const baseOf = (buffer: Buffer): BaseAddress =>
      buffer.id === sumsId ? this.#sums : environment.baseOf(buffer);
    this.#values = new Values(f, { ...environment, baseOf }, (nested) => emitReduction(this.#values, nested));
    this.#values.prepare(expr);
    this.#values.places.prepareAt(output, index);
    this.#values.places.prepareAt(a.buffer, this.#startA);
    this.#values.places.prepareAt(b.buffer, this.#startB);
  }

  /** The nest with rows and columns counted by blocks, and the reduction read from the block of sums. */
  #inBlocks(nest: LoopNest, reduction: Reduce): { index: Index; expr: Expr } {
    const { rows, columns } = this.#blocking;
    const rowIndex = plus(times(variable(this.#rowBlock), rows), variable(this.#row));
    const columnIndex = plus(times(variable(this.#columnBlock), columns), variable(this.#column));
    const units = new Map(nest.loops.filter((loop) => loop.extent === 1).map((loop) => [loop, constant(0)]));
    const change = (index: Index): Index => {
      const used = units.size > 0 ? substitute(index, units) : index;
      return replaceRun(
        replaceRun(used, this.#contraction.rows, rowIndex),
        this.#contraction.columns,
        columnIndex,
      );
    };
    const sums: Buffer = { id: sumsId, dtype: "float32", length: rows * columns };
    const sum = load(sums, plus(times(variable(this.#row), columns), variable(this.#column)));
    const epilogue = mapExpr(nest.expr, (part) => (part.key === reduction.key ? sum : part));
    return { index: change(nest.index), expr: mapIndices(epilogue, change) };
  }

  emit(turn: number): void {
    const { batch, rows, columns, inner } = this.#counts;
    const blocks = [...this.#contraction.batch, this.#rowBlock, this.#columnBlock];
    const number = loopVariable(product(blocks));
    const run = (low: Local | number, high: Local | number): void => {
      const { places } = this.#values;
      places.loop(number, low, high, 1, () => this.#bind(blocks, places.valueOf(number)!.local!));
    };
    if (batch * rows * columns * inner < parallelFrom) {
      onlyThread(this.#f, turn, () => run(0, number.extent));
      return;
    }
    const [low, high] = [this.#f.local("i32"), this.#f.local("i32")];
    emitShare(this.#f, number.extent, 1, low, high);
    run(low, high);
  }

  /** Takes a block's number apart into the values of `loops`, then does the block. */
  #bind(loops: readonly LoopVariable[], number: Local): void {
    const [loop, ...rest] = loops;
    if (!loop) {
      this.#block();
      return;
    }
    const f = this.#f;
    const value = f.local("i32");
    f.i32.divU(f.get(number), f.i32.const(product(rest)));
    f.i32.remU(undefined, f.i32.const(loop.extent));
    f.set(value);
    this.#values.places.withValue(loop, value, () => this.#bind(rest, number));
    f.free(value);
  }

  #block(): void {
    const f = this.#f;
    const { places } = this.#values;
    const { a, b } = this.#contraction;
    const start = { a: f.local("i32"), b: f.local("i32"), row: f.local("i32"), column: f.local("i32") };
    f.set(start.a, f.i32.add(undefined, f.i32.const(places.address(a.buffer, this.#startA))));
    f.set(start.b, f.i32.add(undefined, f.i32.const(places.address(b.buffer, this.#startB))));
    places.push(times(variable(this.#rowBlock), this.#blocking.rows));
    f.set(start.row);
    places.push(times(variable(this.#columnBlock), this.#blocking.columns));
    f.set(start.column);
    this.#multiply(start);
    this.#finish(start);
    f.free(start.a, start.b, start.row, start.column);
  }

  /** sums = the block of the product. */
  #multiply(start: BlockStart): void {
    const f = this.#f;
    const { inner, innerBlocks, columns } = this.#blocking;
    this.#counted(innerBlocks, (k) => {
      const done = f.local("i32");
      f.set(done, f.i32.mul(f.get(k), f.i32.const(inner)));
      const count = this.#remaining(done, this.#counts.inner, inner);
      for (const tiles of this.#tiles)
        this.#counted(tiles.count, (t) => this.#packRows(start, tiles, t, k, count));
      this.#counted(columns / tileColumns, (j) => {
        this.#packColumns(start, j, k, count);
        for (const tiles of this.#tiles) this.#counted(tiles.count, (t) => this.#tile(tiles, t, j, k, count));
      });
      f.free(done, count);
    });
  }

  #packRows(start: BlockStart, tiles: TileRun, t: Local, k: Local, count: Local): void {
    const f = this.#f;
    this.#pushPackedRows(tiles, t);
    f.get(start.a);
    this.#push(this.#rowTable, 4 * tiles.first, [start.row, 4], [t, 4 * tiles.rows]);
    this.#push(this.#innerA, 0, [k, 4 * this.#blocking.inner]);
    f.get(count);
    f.call(this.#environment.matrix.packRows(tiles.rows));
  }

  #packColumns(start: BlockStart, j: Local, k: Local, count: Local): void {
    const f = this.#f;
    this.#push(this.#panel, 0);
    f.get(start.b);
    this.#push(this.#columnTable, 0, [start.column, 4], [j, 4 * tileColumns]);
    this.#push(this.#innerB, 0, [k, 4 * this.#blocking.inner]);
    f.get(count);
    f.call(this.#environment.matrix.packColumns());
  }

  /** Adds a tile's product to its sums, or sets them at the first block of inner steps. */
  #tile(tiles: TileRun, t: Local, j: Local, k: Local, count: Local): void {
    const f = this.#f;
    const rowBytes = 4 * this.#blocking.columns;
    this.#pushPackedRows(tiles, t);
    this.#push(this.#panel, 0);
    f.get(count);
    this.#push(this.#sums, tiles.first * rowBytes, [t, tiles.rows * rowBytes], [j, 4 * tileColumns]);
    f.i32.const(rowBytes);
    f.get(k);
    f.call(this.#environment.matrix.tile(tiles.rows));
  }

  #pushPackedRows(tiles: TileRun, t: Local): void {
    const bytes = 4 * this.#blocking.inner;
    this.#push(this.#packed, tiles.first * bytes, [t, tiles.rows * bytes]);
  }

  /** The epilogue, for the part of the block that lies inside the output. */
  #finish(start: BlockStart): void {
    const f = this.#f;
    const values = this.#values;
    const [index, expr, column] = [this.#index, this.#epilogue, this.#column];
    const rowEnd = this.#remaining(start.row, this.#counts.rows, this.#blocking.rows);
    const columnEnd = this.#remaining(start.column, this.#counts.columns, this.#blocking.columns);
    const vectors = f.local("i32");
    f.set(vectors, f.i32.and(f.get(columnEnd), f.i32.const(-4)));
    values.hoist(expr);
    values.places.loop(this.#row, 0, rowEnd, 1, () => {
      values.hoist(expr);
      values.places.loop(column, 0, vectors, 4, () => values.write(this.#output, index, expr, column));
      values.places.loop(column, vectors, columnEnd, 1, () => values.write(this.#output, index, expr));
    });
    f.free(rowEnd, columnEnd, vectors);
  }

  /** Pushes base + extra + Σ value · factor. */
  #push(
    base: BaseAddress,
    extra: number,
    ...parts: readonly (readonly [value: Local, factor: number])[]
  ): void {
    const f = this.#f;
    f.i32.add(f.get(base.local), f.i32.const(base.offset + extra));
    for (const [value, factor] of parts) f.i32.add(undefined, f.i32.mul(f.get(value), f.i32.const(factor)));
  }

  /** Runs `body` for 0 … count − 1; `count` is at least 1. */
  #counted(count: number, body: (i: Local) => void): void {
    const f = this.#f;
    const i = f.local("i32");
    f.set(i, f.i32.const(0));
    f.loop((again) => {
      body(i);
      f.set(i, f.i32.add(f.get(i), f.i32.const(1)));
      f.brIf(again, f.i32.ltS(f.get(i), f.i32.const(count)));
    });
    f.free(i);
  }

  /** A new local with min(block, count − start). */
  #remaining(start: Local, count: number, block: number): Local {
    const f = this.#f;
    const local = f.local("i32");
    f.set(local, f.i32.sub(f.i32.const(count), f.get(start)));
    const least: Emitted = f.select(
      f.get(local),
      f.i32.const(block),
      f.i32.ltS(f.get(local), f.i32.const(block)),
    );
    f.set(local, least);
    return local;
  }
}

/** Offsets of elements in bytes, the last one repeated up to `length`. */
function byteOffsets(offsets: readonly number[], length = offsets.length): Int32Array {
  const last = offsets.at(-1)!;
  return Int32Array.from({ length }, (_, i) => 4 * (offsets[i] ?? last));
}
