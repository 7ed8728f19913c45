import {
  type Contraction,
  evenRun,
  offsetsAlong,
  partOf,
  replaceRun,
  runsAlong,
} from "../../../compiler/contraction.ts";
import { type Buffer, type Expr, load } from "../../../compiler/expr.ts";
import {
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  product,
  times,
  variable,
} from "../../../compiler/index-expr.ts";
import { mapExpr, mapIndices } from "../../../compiler/merge-loops.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { type Blocking, blockingFor } from "./blocking.ts";
import { areSideBySide, byteOffsets, RunTables, stepsIn, valuesUsed } from "./contraction-tables.ts";
import { after, counted, least, pushPlace, withParts } from "./counting.ts";
import { Epilogue } from "./epilogue.ts";
import { emitShare, onlyThread } from "./loop-kernel.ts";
import type { BaseAddress } from "./places.ts";
import { lastRunAhead, type Piece, readPanel, readPieces } from "./read-ahead.ts";
import { emitReduction } from "./reductions.ts";
import { packTiles } from "./row-packing.ts";
import { type TileRun, type TileShape, tileShapeFor, tilesOf } from "./tiles.ts";
import { type KernelEnvironment, Values } from "./values.ts";

/** Below this many multiply-accumulates a product is done by one thread. */
const parallelFrom = 16_384;
/** Inner steps of A that are so many elements apart fall into few sets of the first cache, and each on a page of its own. */
const farSteps = 512;
/** Stands for the block of sums in scratch memory. */
const sumsId = -1;

/**
 * Emits a batch of matrix products with their epilogue into a function with parameters (thread, threads, table).
 *
 * @returns how it computes them, and the rows and columns of the largest tile.
 */
export function emitContractionKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  contraction: Contraction,
  turn: number,
): { algorithm: string; tile: [number, number] } {
  return new ContractionEmitter(f, environment, output, contraction).emit(turn);
}

/** Locals that hold where a block's operands begin, its first row and column, and what lies inside the product. */
interface Block {
  readonly a: Local;
  readonly b: Local;
  readonly row: Local;
  readonly column: Local;
  readonly rowEnd: Local;
  readonly columnEnd: Local;
}

/**
 * For each block of the output: for each block of inner steps and each panel of columns, adds up tiles of the product in
 * scratch memory; then runs the epilogue over the block. A is read where it lies, unless its rows are side by side and its
 * inner steps far apart: then it is packed tile by tile. B is read where it lies in panels; otherwise each panel is
 * packed before it is used.
 */
class ContractionEmitter {
  readonly #f: FunctionBuilder;
  readonly #environment: KernelEnvironment;
  readonly #values: Values;
  readonly #contraction: Contraction;
  readonly #shape: TileShape;
  readonly #blocking: Blocking;
  readonly #tiles: readonly TileRun[];
  readonly #counts: {
    readonly batch: number;
    readonly rows: number;
    readonly columns: number;
    readonly inner: number;
  };
  /** Whether B lies in panels: the columns of a panel side by side, and inner steps directly one after the other. */
  readonly #panelled: boolean;
  /** How many columns lie side by side in B: those of a panel, four, or not even these. */
  readonly #sideBySide: number;
  /** Whether A's tiles are packed. */
  readonly #packsRows: boolean;
  /** The bytes of a row of A, its last run, that are read into the cache in one go for all rows of a block. */
  readonly #lastRun: Piece | undefined;
  readonly #strideA: number;
  readonly #strideB: number;
  readonly #runTables: RunTables;
  /** Loops over blocks, and over the columns of one. */
  readonly #rowBlock: LoopVariable;
  readonly #columnBlock: LoopVariable;
  readonly #column: LoopVariable;
  /** Which row of the block of sums the epilogue is at. */
  readonly #rowOfSums: LoopVariable = loopVariable(1);
  /** Scratch memory: packed tiles of A, a packed panel of B, the block's sums. */
  readonly #packedRows: BaseAddress;
  readonly #panel: BaseAddress;
  readonly #sums: BaseAddress;
  /** Byte offsets of rows in A, of the rows of a packed tile, and of columns in B. */
  readonly #rowTable: BaseAddress;
  readonly #packedTable: BaseAddress;
  readonly #columnTable: BaseAddress;
  /** Where a batch's operands begin. */
  readonly #startA: Index;
  readonly #startB: Index;
  readonly #epilogue: Epilogue;

  constructor(f: FunctionBuilder, environment: KernelEnvironment, output: Buffer, contraction: Contraction) {
    const { batch, rows, columns, inner, a, b } = contraction;
    this.#f = f;
    this.#environment = environment;
    this.#contraction = contraction;
    const counts = {
      batch: product(batch),
      rows: product(rows),
      columns: product(columns),
      inner: product(inner),
    };
    this.#counts = counts;
    const shape = tileShapeFor(counts.columns, environment.matrix.shapes);
    this.#shape = shape;
    const columnOffsets = offsetsAlong(b.index, columns);
    const runOfB = evenRun(b.index, inner);
    this.#sideBySide = [shape.columns, 4].find((width) => areSideBySide(columnOffsets, width)) ?? 1;
    this.#panelled =
      this.#sideBySide === shape.columns &&
      runOfB.length === counts.inner &&
      (runOfB.step === shape.columns || counts.inner === 1);
    const rowOffsets = offsetsAlong(a.index, rows);
    const runOfA = evenRun(a.index, inner);
    const acrossRows = counts.inner > 1 && runOfA.step !== 1 && areSideBySide(rowOffsets, rowOffsets.length);
    this.#packsRows = acrossRows && counts.columns > shape.columns && runOfA.step >= farSteps;
    const layout = { panelled: this.#panelled, packsRows: this.#packsRows, acrossRows };
    const blocking = blockingFor({ ...counts, ...layout }, shape);
    this.#blocking = blocking;
    this.#tiles = tilesOf(blocking.rows, shape);
    if (!this.#packsRows && counts.columns > shape.columns)
      this.#lastRun = lastRunAhead(a, inner, runOfA, rowOffsets, blocking.rows);
    const runsA = runsAlong(a.index, inner, blocking.inner);
    const runsB = runsAlong(b.index, inner, blocking.inner);
    const packedRuns = {
      stride: 0,
      blocks: runsA.blocks.map((runs) => [{ jump: 0, length: stepsIn(runs) }]),
    };
    this.#runTables = new RunTables([runsA, runsB, packedRuns], environment.constants);
    this.#strideA = 4 * runsA.stride;
    this.#strideB = 4 * runsB.stride;
    this.#rowBlock = loopVariable(blocking.rowBlocks);
    this.#columnBlock = loopVariable(blocking.columnBlocks);
    this.#column = loopVariable(blocking.columns);

    // The last step of a packed tile may write up to three words too many.
    const rowBytes = this.#packsRows ? 4 * blocking.rows * blocking.inner + 16 : 0;
    const panelBytes = this.#panelled ? 0 : 4 * shape.columns * blocking.inner;
    const scratch = environment.scratch(rowBytes + panelBytes + 4 * blocking.rows * blocking.columns);
    this.#packedRows = scratch;
    this.#panel = { ...scratch, offset: scratch.offset + rowBytes };
    this.#sums = { ...scratch, offset: scratch.offset + rowBytes + panelBytes };
    this.#rowTable = environment.constants(byteOffsets(rowOffsets, blocking.rows * blocking.rowBlocks));
    this.#packedTable = environment.constants(Int32Array.from({ length: shape.rows }, (_, r) => 4 * r));
    this.#columnTable = environment.constants(
      byteOffsets(columnOffsets, blocking.columns * blocking.columnBlocks),
    );
    this.#startA = partOf(a.index, batch);
    this.#startB = partOf(b.index, batch);

    const { index, expr } = this.#inBlocks();
    const baseOf = (buffer: Buffer): BaseAddress =>
      buffer.id === sumsId ? this.#sums : environment.baseOf(buffer);
    this.#values = new Values(f, { ...environment, baseOf }, (nested) => emitReduction(this.#values, nested));
    this.#epilogue = new Epilogue(this.#values, output, index, expr, this.#column);
    this.#values.places.prepareAt(a.buffer, this.#startA);
    this.#values.places.prepareAt(b.buffer, this.#startB);
  }

  /** The nest with columns counted by blocks, and the reduction read from the block of sums. */
  #inBlocks(): { index: Index; expr: Expr } {
    const { columns } = this.#blocking;
    const { reduction } = this.#contraction;
    const column = plus(times(variable(this.#columnBlock), columns), variable(this.#column));
    const change = (index: Index): Index => replaceRun(index, this.#contraction.columns, column);
    const sums: Buffer = { id: sumsId, dtype: "float32", length: this.#blocking.rows * columns };
    const sum = load(sums, plus(times(variable(this.#rowOfSums), columns), variable(this.#column)));
    const epilogue = mapExpr(this.#contraction.expr, (part) => (part.key === reduction.key ? sum : part));
    return { index: change(this.#contraction.index), expr: mapIndices(epilogue, change) };
  }

  emit(turn: number): { algorithm: string; tile: [number, number] } {
    this.#emitBlocks(turn);
    const rows = Math.max(...this.#tiles.map((tiles) => tiles.rows));
    return { algorithm: this.#panelled ? "direct" : "packed", tile: [rows, this.#shape.columns] };
  }

  #emitBlocks(turn: number): void {
    const { batch, rows, columns, inner } = this.#counts;
    const blocks = [...this.#contraction.batch, this.#rowBlock, this.#columnBlock];
    const number = loopVariable(product(blocks));
    const run = (low: Local | number, high: Local | number): void => {
      const { places } = this.#values;
      places.loop(number, low, high, 1, () =>
        withParts(this.#f, places, blocks, places.valueOf(number)!.local!, () => this.#block()),
      );
    };
    if (batch * rows * columns * inner < parallelFrom) {
      onlyThread(this.#f, turn, () => run(0, number.extent));
      return;
    }
    const [low, high] = [this.#f.local("i32"), this.#f.local("i32")];
    emitShare(this.#f, number.extent, 1, low, high);
    run(low, high);
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
    const block = {
      ...start,
      rowEnd: this.#remaining(start.row, this.#counts.rows, this.#blocking.rows),
      columnEnd: this.#remaining(start.column, this.#counts.columns, this.#blocking.columns),
    };
    if (this.#lastRun) this.#readAhead(block, this.#lastRun);
    this.#multiply(block);
    this.#finish(block);
    f.free(...Object.values(block));
  }

  /** Before the first of the blocks that have these rows, reads what the blocks before have not read of A. */
  #readAhead(block: Block, piece: Piece): void {
    const f = this.#f;
    const { matrix } = this.#environment;
    f.if(f.i32.eqz(f.get(block.column)), () =>
      readPieces(f, matrix, block.a, piece, this.#blocking.rows, (r) => {
        pushPlace(f, after(this.#rowTable, 4 * r), [block.row, 4]);
        f.i32.load({});
      }),
    );
  }

  /** sums = the block of the product. */
  #multiply(block: Block): void {
    const f = this.#f;
    counted(this.#f, this.#blocking.innerBlocks, (k) => {
      if (this.#packsRows) for (const tiles of this.#tiles) this.#packTiles(block, tiles, k);
      const j = f.local("i32");
      f.set(j, f.i32.const(0));
      f.loop((again) => {
        const panel = f.local("i32");
        this.#panelAt(block, j, k, panel);
        for (const tiles of this.#tiles)
          counted(this.#f, tiles.count, (t) => this.#tile(block, tiles, t, j, k, panel));
        f.free(panel);
        f.set(j, f.i32.add(f.get(j), f.i32.const(this.#shape.columns)));
        f.brIf(again, f.i32.ltS(f.get(j), f.get(block.columnEnd)));
      });
      f.free(j);
    });
  }

  /** panel = the address of the panel that begins at column j of the block, packed if it does not lie in memory so. */
  #panelAt(block: Block, j: Local, k: Local, panel: Local): void {
    const f = this.#f;
    const width = this.#shape.columns;
    const column = (c: number): void => {
      pushPlace(this.#f, after(this.#columnTable, 4 * c), [block.column, 4], [j, 4]);
    };
    if (this.#panelled) {
      column(0);
      f.i32.load({});
      f.i32.add(undefined, f.get(block.b));
      const bytes = 4 * width * this.#blocking.inner;
      const size = f.local("i32");
      f.set(size, f.i32.mul(f.get(k), f.i32.const(bytes)));
      f.i32.add(undefined, f.get(size));
      f.set(panel);
      // The last block of inner steps may be shorter.
      f.set(size, f.i32.sub(f.i32.const(4 * width * this.#counts.inner), f.get(size)));
      least(f, size, bytes);
      readPanel(f, this.#environment.matrix, this.#contraction.b.buffer, panel, size);
      f.free(size);
      return;
    }
    const { matrix } = this.#environment;
    pushPlace(this.#f, this.#panel);
    f.set(panel);
    const runs = (): void => {
      this.#runTables.push(f, 1, k);
      f.i32.const(this.#strideB);
    };
    if (this.#sideBySide > 1) {
      f.get(panel);
      f.get(block.b);
      runs();
      column(0);
      f.call(matrix.packPanel(width, this.#sideBySide));
      return;
    }
    for (let c = 0; c < width; c += 4) {
      f.i32.add(f.get(panel), f.i32.const(4 * c));
      f.get(block.b);
      runs();
      column(c);
      f.call(matrix.packFour(width));
    }
  }

  /** Adds a tile's product to its sums, or sets them at the first block of inner steps. */
  #tile(block: Block, tiles: TileRun, t: Local, j: Local, k: Local, panel: Local): void {
    const f = this.#f;
    const rowBytes = 4 * this.#blocking.columns;
    if (this.#packsRows) {
      this.#pushPackedTile(tiles, t);
      pushPlace(this.#f, this.#packedTable);
      this.#runTables.push(f, 2, k);
      f.i32.const(4 * tiles.rows);
    } else {
      this.#pushRows(block, tiles, t);
      this.#runTables.push(f, 0, k);
      f.i32.const(this.#strideA);
    }
    f.get(panel);
    pushPlace(this.#f, after(this.#sums, tiles.first * rowBytes), [t, tiles.rows * rowBytes], [j, 4]);
    f.i32.const(rowBytes);
    f.get(k);
    f.call(this.#environment.matrix.tile(tiles.rows, this.#shape.columns));
  }

  #packTiles(block: Block, tiles: TileRun, k: Local): void {
    const f = this.#f;
    packTiles(f, this.#environment.matrix, tiles, this.#blocking, this.#counts.rows, (t) => {
      this.#pushPackedTile(tiles, t);
      this.#pushRows(block, tiles, t);
      f.i32.load({});
      f.i32.add();
      this.#runTables.push(f, 0, k);
      f.i32.const(this.#strideA);
    });
  }

  #pushPackedTile({ first, rows }: TileRun, t: Local): void {
    const rowBytes = 4 * this.#blocking.inner;
    pushPlace(this.#f, after(this.#packedRows, first * rowBytes), [t, rows * rowBytes]);
  }

  /** Pushes where A begins, and where the table has the places of a tile's rows. */
  #pushRows(block: Block, { first, rows }: TileRun, t: Local): void {
    this.#f.get(block.a);
    pushPlace(this.#f, after(this.#rowTable, 4 * first), [block.row, 4], [t, 4 * rows]);
  }

  /** The epilogue, for the part of the block that lies inside the output. */
  #finish(block: Block): void {
    const f = this.#f;
    const values = this.#values;
    const { expr } = this.#epilogue;
    values.hoist(expr);
    const { rows } = this.#contraction;
    const named = valuesUsed(expr, rows);
    const row = loopVariable(this.#blocking.rows);
    const number = f.local("i32");
    values.places.loop(row, 0, block.rowEnd, 1, () => {
      const inBlock = values.places.valueOf(row)!.local!;
      f.set(number, f.i32.add(f.get(block.row), f.get(inBlock)));
      values.places.withStep(rows, number, named, this.#environment.constants, () => {
        values.places.withValue(this.#rowOfSums, inBlock, () => this.#epilogue.emit(block.columnEnd));
      });
    });
    f.free(number);
  }

  /** A new local with min(block, count − start). */
  #remaining(start: Local, count: number, block: number): Local {
    const f = this.#f;
    const local = f.local("i32");
    f.set(local, f.i32.sub(f.i32.const(count), f.get(start)));
    least(f, local, block);
    return local;
  }
}
