import { type Condition, type Expr, walk } from "./expr.ts";
import { dependsOn, type Index, type LoopVariable, rangeOf, slope, substitute } from "./index-expr.ts";
import { mapIndices } from "./merge-loops.ts";

/** What loop variables are replaced by. */
export type Substitution = ReadonlyMap<LoopVariable, Index>;

/** An expression at other values of its loop variables. */
export function exprAt(expr: Expr, by: Substitution): Expr {
  const loops = [...by.keys()];
  // Loops of reductions inside are not among a part's own, but nor are they replaced from outside.
  const stays = (part: Expr): boolean => !loops.some((loop) => part.loops.has(loop));
  return mapIndices(expr, (index) => substitute(index, by), stays);
}

/** All combinations of the loops' values, the last loop fastest. */
export function combinations(
  loops: readonly LoopVariable[],
  place: (n: number) => Index,
): Map<LoopVariable, Index>[] {
  let all = [new Map<LoopVariable, Index>()];
  for (const loop of loops) {
    all = all.flatMap((some) =>
      Array.from({ length: loop.extent }, (_, n) => new Map(some).set(loop, place(n))),
    );
  }
  return all;
}

/** The guards of an expression, with those inside reductions. */
export function guardsOf(expr: Expr): (readonly Condition[])[] {
  const found: (readonly Condition[])[] = [];
  walk(expr, (part) => {
    if (part.kind === "guard") found.push(part.conditions);
  });
  return found;
}

/** The one number, if any up to `largest`, by which positions that depend on `loop` are divided. */
export function periodOf(
  indices: readonly Index[],
  guards: readonly (readonly Condition[])[],
  loop: LoopVariable,
  largest: number,
): number {
  const periods = new Set<number>();
  const visit = (index: Index): void => {
    for (const { atom } of index.terms) {
      if (atom.kind !== "quotient" && atom.kind !== "remainder") continue;
      if (dependsOn(atom.of, loop)) periods.add(atom.by);
      visit(atom.of);
    }
  };
  for (const index of indices) visit(index);
  for (const condition of guards.flat())
    if (condition.kind === "divisible" && dependsOn(condition.index, loop)) periods.add(condition.by);
  const [only] = periods;
  return periods.size === 1 && only! <= largest ? only! : 1;
}

/** The values of `loop`, from the first up to the second number, for which `conditions` hold as far as they depend on it. */
export function interiorOf(
  conditions: readonly Condition[],
  loop: LoopVariable,
): [first: number, end: number] {
  let [first, end] = [0, loop.extent];
  for (const condition of conditions) {
    const factor = slope(condition.index, loop);
    if (condition.kind !== "inside" || factor === undefined || factor === 0) continue;
    const rest = { ...condition.index, terms: condition.index.terms.filter(({ atom }) => atom !== loop) };
    const [low, high] = rangeOf(rest);
    // 0 ≤ factor · loop + low and factor · loop + high < extent
    const [from, to] = [-low / factor, (condition.extent - 1 - high) / factor];
    first = Math.max(first, Math.ceil(Math.min(from, to)));
    end = Math.min(end, Math.floor(Math.max(from, to)) + 1);
  }
  return [first, Math.max(first, end)];
}
