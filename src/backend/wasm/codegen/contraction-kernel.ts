import { type Contraction, offsetsAlong, partOf, replaceRun } from "../../../compiler/contraction.ts";
import { type Buffer, load, type Reduce } from "../../../compiler/expr.ts";
import { type LoopVariable, loopVariable, plus, times, variable } from "../../../compiler/index-expr.ts";
import { type LoopNest, mapExpr, mapIndices } from "../../../compiler/merge-loops.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { emitShare, onlyThread } from "./loop-kernel.ts";
import { maxTileRows, tileColumns } from "./matrix-helpers.ts";
import type { BaseAddress } from "./places.ts";
import { emitReduction } from "./reductions.ts";
import { type KernelEnvironment, Values } from "./values.ts";

/** How a product is cut into pieces that fit into the caches; decided by the shape alone. */
export interface Blocking {
  /** Rows, columns and inner steps of a block. */
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly rowBlocks: number;
  readonly columnBlocks: number;
  readonly innerBlocks: number;
}

/** Fewest pieces of work that keep threads evenly busy. */
const wantedUnits = 16;
/** Below this many multiply-accumulates a product is done by one thread. */
const parallelFrom = 16_384;

function evenBlocks(extent: number, largest: number, granule: number): { size: number; count: number } {
  const count = Math.ceil(extent / largest);
  const size = Math.ceil(Math.ceil(extent / count) / granule) * granule;
  return { size, count: Math.ceil(extent / size) };
}

export function blockingFor(batch: number, rows: number, columns: number, inner: number): Blocking {
  let rowLimit = 64;
  let columnLimit = 256;
  const cut = (): Blocking => {
    const r = evenBlocks(rows, rowLimit, rows > rowLimit ? maxTileRows : 1);
    const c = evenBlocks(columns, columnLimit, tileColumns);
    const k = evenBlocks(inner, 512, 1);
    return {
      rows: r.size,
      columns: c.size,
      inner: k.size,
      rowBlocks: r.count,
      columnBlocks: c.count,
      innerBlocks: k.count,
    };
  };
  let blocking = cut();
  while (
    batch * blocking.rowBlocks * blocking.columnBlocks < wantedUnits &&
    (columnLimit > 32 || rowLimit > 16)
  ) {
    if (columnLimit > 32 && columnLimit >= rowLimit) columnLimit /= 2;
    else rowLimit /= 2;
    blocking = cut();
  }
  return blocking;
}

/** Rows of a block as runs of equal tiles, none higher than `maxTileRows`. */
function tilesOf(rows: number): { first: number; rows: number; count: number }[] {
  const count = Math.ceil(rows / maxTileRows);
  const high = Math.ceil(rows / count);
  const low = high - 1;
  const highCount = rows - low * count;
  const tiles = [{ first: 0, rows: high, count: highCount }];
  if (highCount < count) tiles.push({ first: highCount * high, rows: low, count: count - highCount });
  return tiles;
}

const product = (loops: readonly LoopVariable[]): number =>
  loops.reduce((size, loop) => size * loop.extent, 1);

/** Byte offsets, the last one repeated up to a whole number of blocks. */
function table(offsets: readonly number[], length = offsets.length): Int32Array {
  const last = offsets.at(-1)!;
  return Int32Array.from({ length }, (_, i) => 4 * (offsets[i] ?? last));
}

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
  const { batch, rows, columns, inner, a, b } = contraction;
  const [rowCount, columnCount, innerCount] = [product(rows), product(columns), product(inner)];
  const blocking = blockingFor(product(batch), rowCount, columnCount, innerCount);
  const tiles = tilesOf(blocking.rows);
  const packedBytes = 4 * blocking.rows * blocking.inner;
  const panelBytes = 4 * tileColumns * blocking.inner;
  const stride = 4 * blocking.columns;
  const scratch = environment.scratch(packedBytes + panelBytes + stride * blocking.rows);
  const packed = at(scratch, 0);
  const panel = at(scratch, packedBytes);
  const sums = at(scratch, packedBytes + panelBytes);
  const rowTable = environment.constants(
    table(offsetsAlong(a.index, rows), blocking.rows * blocking.rowBlocks),
  );
  const columnTable = environment.constants(
    table(offsetsAlong(b.index, columns), blocking.columns * blocking.columnBlocks),
  );
  const innerA = environment.constants(table(offsetsAlong(a.index, inner)));
  const innerB = environment.constants(table(offsetsAlong(b.index, inner)));

  const rowBlock = loopVariable(blocking.rowBlocks);
  const columnBlock = loopVariable(blocking.columnBlocks);
  const row = loopVariable(blocking.rows);
  const column = loopVariable(blocking.columns);
  const rowIndex = plus(times(variable(rowBlock), blocking.rows), variable(row));
  const columnIndex = plus(times(variable(columnBlock), blocking.columns), variable(column));
  const sumsBuffer: Buffer = { id: -1, dtype: "float32", length: blocking.rows * blocking.columns };
  const sum = load(sumsBuffer, plus(times(variable(row), blocking.columns), variable(column)));
  const units = new Map<LoopVariable, 0>();
  for (const loop of nest.loops) if (loop.extent === 1) units.set(loop, 0);
  const change = (index: LoopNest["index"]): LoopNest["index"] =>
    replaceRun(replaceRun(withoutLoops(index, units), rows, rowIndex), columns, columnIndex);
  const replaced = mapExpr(nest.expr, (part) => (part.key === reduction.key ? sum : part));
  const expr = mapIndices(replaced, change);
  const index = change(nest.index);

  const values: Values = new Values(
    f,
    { ...environment, baseOf: (buffer) => (buffer.id === -1 ? sums : environment.baseOf(buffer)) },
    (nested) => emitReduction(values, nested),
  );
  const { places } = values;
  const [partA, partB] = [partOf(a.index, batch), partOf(b.index, batch)];
  values.prepare(expr);
  places.prepareAt(output, index);
  places.prepareAt(a.buffer, partA);
  places.prepareAt(b.buffer, partB);

  const push = (base: BaseAddress, extra = 0): undefined =>
    f.i32.add(f.get(base.local), f.i32.const(base.offset + extra));

  /** Pushes base + factor · value. */
  const pushAt = (base: BaseAddress, value: Local, factor: number, extra = 0): undefined =>
    f.i32.add(push(base, extra), f.i32.mul(f.get(value), f.i32.const(factor)));

  const counted = (count: number, body: (i: Local) => void): void => {
    const i = f.local("i32");
    f.set(i, f.i32.const(0));
    f.loop((again) => {
      body(i);
      f.set(i, f.i32.add(f.get(i), f.i32.const(1)));
      f.brIf(again, f.i32.ltS(f.get(i), f.i32.const(count)));
    });
    f.free(i);
  };

  const multiply = (baseA: Local, baseB: Local, rowStart: Local, columnStart: Local): void => {
    const count = f.local("i32");
    counted(blocking.innerBlocks, (k) => {
      if (blocking.innerBlocks === 1) f.set(count, f.i32.const(innerCount));
      else {
        f.set(count, f.i32.sub(f.i32.const(innerCount), f.i32.mul(f.get(k), f.i32.const(blocking.inner))));
        f.select(
          f.get(count),
          f.i32.const(blocking.inner),
          f.i32.ltS(f.get(count), f.i32.const(blocking.inner)),
        );
        f.set(count);
      }
      for (const tile of tiles) {
        counted(tile.count, (t) => {
          const tileBytes = 4 * tile.rows * blocking.inner;
          pushAt(packed, t, tileBytes, 4 * tile.first * blocking.inner);
          f.get(baseA);
          f.i32.add(
            pushAt(rowTable, rowStart, 4, 4 * tile.first),
            f.i32.mul(f.get(t), f.i32.const(4 * tile.rows)),
          );
          pushAt(innerA, k, 4 * blocking.inner);
          f.get(count);
          f.call(environment.matrix.packRows(tile.rows));
        });
      }
      counted(blocking.columns / tileColumns, (j) => {
        push(panel);
        f.get(baseB);
        f.i32.add(pushAt(columnTable, columnStart, 4), f.i32.mul(f.get(j), f.i32.const(4 * tileColumns)));
        pushAt(innerB, k, 4 * blocking.inner);
        f.get(count);
        f.call(environment.matrix.packColumns());
        for (const tile of tiles) {
          counted(tile.count, (t) => {
            pushAt(packed, t, 4 * tile.rows * blocking.inner, 4 * tile.first * blocking.inner);
            push(panel);
            f.get(count);
            f.i32.add(
              pushAt(sums, t, tile.rows * stride, tile.first * stride),
              f.i32.mul(f.get(j), f.i32.const(4 * tileColumns)),
            );
            f.i32.const(stride);
            f.get(k);
            f.call(environment.matrix.tile(tile.rows));
          });
        }
      });
    });
    f.free(count);
  };

  const finish = (rowStart: Local, columnStart: Local): void => {
    const rowEnd = remaining(f, rowStart, rowCount, blocking.rows);
    const columnEnd = remaining(f, columnStart, columnCount, blocking.columns);
    const vectors = f.local("i32");
    f.set(vectors, f.i32.and(f.get(columnEnd), f.i32.const(-4)));
    values.hoist(expr);
    places.loop(row, 0, rowEnd, 1, () => {
      values.hoist(expr);
      places.loop(column, 0, vectors, 4, () => values.write(output, index, expr, column));
      places.loop(column, vectors, columnEnd, 1, () => values.write(output, index, expr));
    });
    f.free(rowEnd, columnEnd, vectors);
  };

  const pieces = [...batch, rowBlock, columnBlock];
  const unit = (number: Local): void => {
    const bind = (level: number, left: number): void => {
      const loop = pieces[level];
      if (!loop) {
        const [baseA, baseB, rowStart, columnStart] = Array.from({ length: 4 }, () => f.local("i32"));
        const offsetA = places.address(a.buffer, partA);
        f.set(baseA!, f.i32.add(undefined, f.i32.const(offsetA)));
        const offsetB = places.address(b.buffer, partB);
        f.set(baseB!, f.i32.add(undefined, f.i32.const(offsetB)));
        places.push(times(variable(rowBlock), blocking.rows));
        f.set(rowStart!);
        places.push(times(variable(columnBlock), blocking.columns));
        f.set(columnStart!);
        multiply(baseA!, baseB!, rowStart!, columnStart!);
        finish(rowStart!, columnStart!);
        f.free(baseA!, baseB!, rowStart!, columnStart!);
        return;
      }
      const value = f.local("i32");
      const after = left / loop.extent;
      f.i32.divU(f.get(number), f.i32.const(after));
      if (level > 0) f.i32.remU(undefined, f.i32.const(loop.extent));
      f.set(value);
      places.withValue(loop, value, () => bind(level + 1, after));
      f.free(value);
    };
    bind(0, product(pieces));
  };

  const total = product(pieces);
  const run = (low: Local | number, high: Local | number): void => {
    const number = loopVariable(total);
    places.loop(number, low, high, 1, () => unit(places.valueOf(number)!.local!));
  };
  if (product(batch) * rowCount * columnCount * innerCount < parallelFrom)
    onlyThread(f, turn, () => run(0, total));
  else {
    const [low, high] = [f.local("i32"), f.local("i32")];
    emitShare(f, total, 1, low, high);
    run(low, high);
  }
}

function at(base: BaseAddress, offset: number): BaseAddress {
  return { local: base.local, offset: base.offset + offset };
}

/** A new local with min(block, count − start). */
function remaining(f: FunctionBuilder, start: Local, count: number, block: number): Local {
  const local = f.local("i32");
  f.set(local, f.i32.sub(f.i32.const(count), f.get(start)));
  f.set(local, f.select(f.get(local), f.i32.const(block), f.i32.ltS(f.get(local), f.i32.const(block))));
  return local;
}

/** The index with loops of extent 1 at their only value. */
function withoutLoops(index: LoopNest["index"], units: ReadonlyMap<LoopVariable, 0>): LoopNest["index"] {
  const terms = index.terms.filter(({ atom }) => atom.kind !== "loop" || !units.has(atom));
  return plus({ terms, constant: index.constant, key: "" });
}
