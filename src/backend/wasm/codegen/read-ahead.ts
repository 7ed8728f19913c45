import { partOf } from "../../../compiler/contraction.ts";
import { type Buffer, type Expr, walk } from "../../../compiler/expr.ts";
import {
  type Index,
  isAffine,
  type LoopVariable,
  plus,
  rangeOf,
  slope,
} from "../../../compiler/index-expr.ts";
import { bytesPerElement } from "../../../core/dtype.ts";
import type { FunctionBuilder } from "../assembler.ts";
import { reductionsOf } from "./block.ts";
import type { MatrixHelpers } from "./matrix-helpers.ts";
import type { Places } from "./places.ts";

/*
 * Code that walks along several rows at a time misses the caches at each of them, and waits: what it asks for next does
 * not follow what it asked for last. What comes from memory is therefore read once from end to end before, which the
 * processor foresees.
 */

/** Operands of so many elements come from memory rather than from a cache. */
export const readAheadFrom: number = 2 ** 19;
/** By how much rows may be longer than what is read of them. */
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
