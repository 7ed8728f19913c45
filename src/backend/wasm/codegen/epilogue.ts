import type { Buffer, Expr } from "../../../compiler/expr.ts";
import type { Index, LoopVariable } from "../../../compiler/index-expr.ts";
import type { Local } from "../assembler.ts";
import { Block } from "./block.ts";
import { upTo } from "./loop-kernel.ts";
import type { Values } from "./values.ts";

/** Vectors that are done together: their arithmetic overlaps, and engines that can join two of them do. */
const together = 4;

/** What is computed of a row of sums: output[index] = expr for the columns from 0 to an end that is known late. */
export class Epilogue {
  readonly expr: Expr;
  readonly #values: Values;
  readonly #column: LoopVariable;
  /** The blocks that a row is done in, from wide to narrow, with their numbers of columns. */
  readonly #blocks: readonly (readonly [block: Block, columns: number])[];

  /** Plans the epilogue, before any loop runs. */
  constructor(values: Values, output: Buffer, index: Index, expr: Expr, column: LoopVariable) {
    this.expr = expr;
    this.#values = values;
    this.#column = column;
    const row = { loops: [], index, expr };
    const blockOf = (lanes: LoopVariable | undefined, vectors: number): Block =>
      new Block(values, output, row, [new Map()], lanes, vectors);
    this.#blocks = [
      [blockOf(column, together), 4 * together],
      [blockOf(column, 1), 4],
      [blockOf(undefined, 1), 1],
    ];
    values.prepare(expr);
  }

  emit(end: Local): void {
    const { f, places } = this.#values;
    this.#values.hoist(this.expr);
    let from: Local | number = 0;
    for (const [block, columns] of this.#blocks) {
      const to = upTo(f, from, end, columns);
      places.loop(this.#column, from, to, columns, () => block.emit());
      from = to;
    }
  }
}
