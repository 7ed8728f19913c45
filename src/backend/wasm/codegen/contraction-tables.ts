import type { InnerRuns, Run } from "../../../compiler/contraction.ts";
import { type Expr, walk } from "../../../compiler/expr.ts";
import { type Index, type LoopVariable, loopsOf } from "../../../compiler/index-expr.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { runBytes } from "./matrix-helpers.ts";
import type { BaseAddress } from "./places.ts";

/** Lists of runs (see `InnerRuns`), and for each block of inner steps where its part of each list begins and ends. */
export class RunTables {
  readonly #lists: readonly BaseAddress[];
  readonly #bounds: BaseAddress;

  /** @param place puts words among the program's constants. */
  constructor(operands: readonly InnerRuns[], place: (words: Int32Array) => BaseAddress) {
    this.#lists = operands.map(({ blocks }) =>
      place(
        Int32Array.from(blocks.flatMap((runs) => runs.flatMap(({ jump, length }) => [4 * jump, length]))),
      ),
    );
    const ends = operands.map(() => 0);
    const bounds = operands[0]!.blocks.flatMap((_, k) =>
      operands.flatMap(({ blocks }, operand) => {
        const begin = ends[operand]!;
        ends[operand] = begin + runBytes * blocks[k]!.length;
        return [begin, ends[operand]!];
      }),
    );
    this.#bounds = place(Int32Array.from(bounds));
  }

  /** Pushes where an operand's runs of block `k` begin and end. */
  push(f: FunctionBuilder, operand: number, k: Local): void {
    const list = this.#lists[operand]!;
    for (const bound of [8 * operand, 8 * operand + 4]) {
      f.i32.add(f.get(this.#bounds.local), f.i32.mul(f.get(k), f.i32.const(8 * this.#lists.length)));
      f.i32.load({ offset: this.#bounds.offset + bound });
      f.i32.add(undefined, f.i32.add(f.get(list.local), f.i32.const(list.offset)));
    }
  }
}

/** Of some loops, those whose own values an expression needs, and not only places that move with them. */
export function valuesUsed(expr: Expr, loops: readonly LoopVariable[]): Set<LoopVariable> {
  const used = new Set<LoopVariable>();
  const note = (index: Index): void => {
    for (const loop of loopsOf(index)) if (loops.includes(loop)) used.add(loop);
  };
  walk(expr, (part) => {
    if (part.kind === "position") note(part.index);
    if (part.kind === "guard") for (const condition of part.conditions) note(condition.index);
    if (part.kind === "load")
      note({ ...part.index, terms: part.index.terms.filter((t) => t.atom.kind !== "loop") });
  });
  return used;
}

/** Offsets of elements in bytes, the last one repeated up to `length`. */
export function byteOffsets(offsets: readonly number[], length: number): Int32Array {
  const last = offsets.at(-1)!;
  return Int32Array.from({ length }, (_, i) => 4 * (offsets[i] ?? last));
}

/** Whether places fall into groups of `width`, the last one shorter, of neighbours. */
export function areSideBySide(offsets: readonly number[], width: number): boolean {
  return offsets.every((offset, i) => offset === offsets[i - (i % width)]! + (i % width));
}

export function stepsIn(runs: readonly Run[]): number {
  return runs.reduce((steps, run) => steps + run.length, 0);
}
