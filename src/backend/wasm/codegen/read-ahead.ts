import { type evenRun, offsetsAlong, partOf } from "../../../compiler/contraction.ts";
import { type Buffer, type Expr, type Load, walk } from "../../../compiler/expr.ts";
import {
  type Index,
  isAffine,
  type LoopVariable,
  plus,
  rangeOf,
  slope,
} from "../../../compiler/index-expr.ts";
import { bytesPerElement } from "../../../core/dtype.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { reductionsOf } from "./block.ts";
import type { MatrixHelpers } from "./matrix-helpers.ts";
import { type Places, pushNumber } from "./places.ts";

/*
 * Code that walks along several rows at a time misses the caches at each of them, and waits: what it asks for next does
 * not follow what it asked for last. What comes from memory is therefore read once from end to end before, which the
 * processor foresees.
 */

/** Operands of so many elements come from memory rather than from a cache; weights, which no kernel has just made, sooner. */
const readAheadFrom = 2 ** 19;
const weightsAheadFrom = 2 ** 16;
/** By how much the memory that rows span may be longer than what is read of them. */
const gaps = 1.25;

/** Elements side by side that a step of a loop reads and the steps before it did not. */
interface Strip {
  readonly loop: LoopVariable;
  readonly buffer: Buffer;
  readonly start: Index;
  readonly length: number;
}

/** What the reductions of a loop nest read anew at each step of its outer loops. */
export class ReadAhead {
  readonly #strips: readonly Strip[];
  readonly #f: FunctionBuilder;
  readonly #places: Places;
  readonly #matrix: MatrixHelpers;

  /** Plans what is read, before any loop runs. */
  constructor(
    f: FunctionBuilder,
    places: Places,
    matrix: MatrixHelpers,
    outer: readonly LoopVariable[],
    expr: Expr,
  ) {
    this.#f = f;
    this.#places = places;
    this.#matrix = matrix;
    this.#strips = stripsOf(outer, expr);
    for (const { buffer, start } of this.#strips) places.prepareAt(buffer, start);
  }

  /** Reads what a step of `loop` needs, at its beginning. */
  at(loop: LoopVariable): void {
    const f = this.#f;
    for (const strip of this.#strips.filter((each) => each.loop === loop)) {
      const bytes = strip.length * bytesPerElement(strip.buffer.dtype);
      for (const end of [0, bytes]) {
        const offset = this.#places.address(strip.buffer, strip.start);
        f.i32.add(undefined, f.i32.const(offset + end));
      }
      f.call(this.#matrix.readThrough());
    }
  }
}

function stripsOf(outer: readonly LoopVariable[], expr: Expr): Strip[] {
  const strips = new Map<string, Strip>();
  for (const { body } of reductionsOf(expr)) {
    walk(body, (part) => {
      if (part.kind !== "load" || part.buffer.length < readAheadFrom) return;
      const strip = stripOf(part.buffer, part.index, outer);
      if (strip) strips.set(`${strip.buffer.id}:${strip.start.key}:${strip.length}`, strip);
    });
  }
  return [...strips.values()];
}

function stripOf(buffer: Buffer, index: Index, outer: readonly LoopVariable[]): Strip | undefined {
  const [low, high] = rangeOf(index);
  if (!isAffine(index) || low < 0 || high >= buffer.length) return undefined;
  const loop = outer.findLast((each) => slope(index, each) !== 0);
  const inner = index.terms
    .map(({ atom, factor }) => ({ loop: atom as LoopVariable, factor }))
    .filter((term) => !outer.includes(term.loop))
    .sort((a, b) => a.factor - b.factor);
  let covered = 1;
  for (const { loop: along, factor } of inner) {
    if (factor < 0 || factor > gaps * covered) return undefined;
    covered += factor * (along.extent - 1);
  }
  const step = loop && slope(index, loop);
  if (!loop || !step || step < 0) return undefined;
  const length = Math.min(step, covered);
  return { loop, buffer, start: plus(partOf(index, outer), covered - length), length };
}

/** A piece of a row of a product's operand, in bytes from where the row begins. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/**
 * The last of the runs that the rows of A are read along, if those of a block of rows lie side by side: of images, what
 * the rows before have not read.
 *
 * @param run the even run along which A is read.
 */
export function lastRunAhead(
  a: Load,
  inner: readonly LoopVariable[],
  run: ReturnType<typeof evenRun>,
  rowOffsets: readonly number[],
  rows: number,
): Piece | undefined {
  const { step, length } = run;
  if (a.buffer.length < readAheadFrom || step !== 1 || !areDense(rowOffsets, rows, length)) return undefined;
  const end = offsetsAlong(a.index, inner).at(-1)! + 1;
  return { from: 4 * (end - length), to: 4 * end };
}

/** Whether pieces of `length` elements that begin at `offsets` fill the memory that `rows` of them in a row span. */
function areDense(offsets: readonly number[], rows: number, length: number): boolean {
  const [first = 0, second = first] = offsets;
  const step = second - first;
  if (step < 0 || step > length) return false;
  return offsets.every((offset, r) => {
    if (r % rows !== 0) return true;
    const last = Math.min(r + rows, offsets.length) - 1;
    return Math.abs(offsets[last]! - offset) <= gaps * (last - r + 1) * step;
  });
}

/**
 * Reads a piece of each of some rows, which lie side by side, from end to end.
 *
 * @param pushOffset pushes where a row begins, in bytes after `start`.
 */
export function readPieces(
  f: FunctionBuilder,
  matrix: MatrixHelpers,
  start: Local,
  { from, to }: Piece,
  rows: number,
  pushOffset: (row: number) => void,
): void {
  for (const [row, offset] of [
    [0, from],
    [rows - 1, to],
  ] as const) {
    pushOffset(row);
    f.i32.add(undefined, f.get(start));
    f.i32.add(undefined, f.i32.const(offset));
  }
  f.call(matrix.readThrough());
}

/** Reads a panel of weights, or some of its inner steps, from end to end: the first tile asks for it faster than it comes. */
export function readPanel(
  f: FunctionBuilder,
  matrix: MatrixHelpers,
  { length }: Buffer,
  panel: Local,
  bytes: Local | number,
): void {
  if (length < weightsAheadFrom) return;
  f.get(panel);
  f.get(panel);
  pushNumber(f, bytes);
  f.i32.add();
  f.call(matrix.readThrough());
}
