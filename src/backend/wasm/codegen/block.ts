import { type Buffer, type Expr, walk } from "../../../compiler/expr.ts";
import { type Index, type LoopVariable, plus, substitute, variable } from "../../../compiler/index-expr.ts";
import type { LoopNest } from "../../../compiler/merge-loops.ts";
import { exprAt, type Substitution } from "../../../compiler/unroll.ts";
import { Lockstep, type Reduction } from "./lockstep.ts";
import type { Values } from "./values.ts";

/** An element of the output, or four side by side. */
interface Element {
  readonly index: Index;
  readonly expr: Expr;
}

/**
 * Elements of a kernel's output that are computed together: some rows, each of some vectors side by side along one loop.
 * What several of them read is read once, and their reductions do not wait for each other.
 */
export class Block {
  readonly #values: Values;
  readonly #output: Buffer;
  readonly #lanes: LoopVariable | undefined;
  readonly #rows: readonly (readonly Element[])[];
  readonly #reductions: readonly Lockstep[];
  readonly #count: number;

  /**
   * Plans a block, before any of its loops runs.
   *
   * @param rows where the rows are, in terms of running loops.
   * @param lanes the loop along which vectors lie; without it an element is a single one.
   * @param count elements of a vector that are stored.
   */
  constructor(
    values: Values,
    output: Buffer,
    { index, expr }: LoopNest,
    rows: readonly Substitution[],
    lanes: LoopVariable | undefined,
    vectors: number,
    count = 4,
  ) {
    this.#count = count;
    this.#values = values;
    this.#output = output;
    this.#lanes = lanes;
    this.#rows = rows.map((row) =>
      Array.from({ length: vectors }, (_, v) => {
        const at = lanes && v > 0 ? new Map(row).set(lanes, plus(variable(lanes), 4 * v)) : row;
        return { index: substitute(index, at), expr: exprAt(expr, at) };
      }),
    );
    const found = this.#rows.map((row) => row.map((element) => reductionsOf(element.expr)));
    const width = Math.min(vectors, values.vectorsPerRegister);
    this.#reductions = reductionsOf(expr).map(
      (_, i) =>
        new Lockstep(
          values,
          found.map((row) => row.map((reductions) => reductions[i]!)),
          lanes,
          width,
        ),
    );
    for (const element of this.#rows.flat()) {
      values.prepareShared(element.expr);
      values.places.prepareAt(output, element.index);
    }
  }

  emit(): void {
    const values = this.#values;
    const { f } = values;
    values.lanes = this.#lanes;
    values.scope.within(() => {
      for (const reduction of this.#reductions) reduction.emit();
      for (const row of this.#rows) {
        const results = row.map(({ expr }) => {
          const result = f.local("v128");
          values.emit(expr);
          f.set(result);
          return result;
        });
        row.forEach(({ index }, v) => {
          values.store(this.#output, index, results[v]!, this.#lanes, this.#count);
        });
        f.free(...results);
      }
    });
    values.lanes = undefined;
  }
}

/** The reductions in an expression that are not part of another. */
export function reductionsOf(expr: Expr): Reduction[] {
  const found: Reduction[] = [];
  const within = new Set<string>();
  walk(expr, (part) => {
    if (part.kind !== "reduce" && part.kind !== "argreduce") return;
    if (!within.has(part.key)) found.push(part);
    walk(part.body, (inner) => {
      within.add(inner.key);
    });
  });
  return found;
}
