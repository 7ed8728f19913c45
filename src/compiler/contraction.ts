import type { Expr, Load, Reduce } from "./expr.ts";
import { indicesOf, walk } from "./expr.ts";
import { type Index, type LoopVariable, plus, slope, times, variable } from "./index-expr.ts";
import type { LoopNest } from "./merge-loops.ts";

/**
 * A loop nest as a batch of matrix products: for every batch position, C[m, n] = Σ_k A[m, k] · B[k, n], then an
 * elementwise epilogue. Positions in A and B are sums of a part for each of batch, m (or n) and k.
 */
export interface Contraction {
  readonly batch: readonly LoopVariable[];
  /** The loops that form m, n and k, outermost first. */
  readonly rows: readonly LoopVariable[];
  readonly columns: readonly LoopVariable[];
  readonly inner: readonly LoopVariable[];
  readonly a: Load;
  readonly b: Load;
}

/**
 * Sees a nest as matrix products whose columns lie side by side in the output, or says that it is none.
 *
 * Loops that both operands depend on are batch loops. Of the loops that only one depends on, those become rows (or
 * columns) that every position outside the product treats as one; the others join the batch.
 */
export function asContraction(nest: LoopNest, reduction: Reduce): Contraction | undefined {
  const { body } = reduction;
  if (body.kind !== "binary" || body.a.kind !== "load" || body.b.kind !== "load") return undefined;
  const loops = nest.loops.filter((loop) => loop.extent > 1);
  const last = loops.at(-1);
  if (!last || slope(nest.index, last) !== 1) return undefined;
  const reads = (operand: Load, loop: LoopVariable): boolean => slope(operand.index, loop) !== 0;
  const [a, b] = reads(body.b, last) ? [body.a, body.b] : [body.b, body.a];
  if (reads(a, last) || !reads(b, last)) return undefined;
  const outside = [nest.index, ...indicesOutside(nest.expr, reduction)];
  const columns = joinedRun(loops, last, outside, (loop) => reads(b, loop) && !reads(a, loop));
  const rowLoop = loops.findLast((loop) => reads(a, loop) && !reads(b, loop));
  if (!rowLoop) return undefined;
  if (outside.some((index) => slope(index, last) === undefined || slope(index, rowLoop) === undefined))
    return undefined;
  const rows = joinedRun(loops, rowLoop, outside, (loop) => reads(a, loop) && !reads(b, loop));
  const batch = loops.filter((loop) => !columns.includes(loop) && !rows.includes(loop));
  return { batch, rows, columns, inner: reduction.over, a, b };
}

/** `start` and the loops directly around it that fit, as long as all positions treat them as one loop. */
function joinedRun(
  loops: readonly LoopVariable[],
  start: LoopVariable,
  indices: readonly Index[],
  fits: (loop: LoopVariable) => boolean,
): LoopVariable[] {
  const run = [start];
  let extent = start.extent;
  for (let k = loops.indexOf(start) - 1; k >= 0; k--) {
    const loop = loops[k]!;
    const joins = indices.every((index) => {
      const [outer, inner] = [slope(index, loop), slope(index, start)];
      return outer !== undefined && inner !== undefined && outer === inner * extent;
    });
    if (!fits(loop) || !joins) break;
    run.unshift(loop);
    extent *= loop.extent;
  }
  return run;
}

function indicesOutside(expr: Expr, reduction: Reduce): Index[] {
  const inside = new Set<string>();
  walk(reduction, (part) => {
    inside.add(part.key);
  });
  const found: Index[] = [];
  walk(expr, (part) => {
    if (!inside.has(part.key)) found.push(...indicesOf(part));
  });
  return found;
}

/** The same index with a run of loops, outermost first, replaced by one that counts through them. */
export function replaceRun(index: Index, run: readonly LoopVariable[], by: Index): Index {
  const factor = slope(index, run.at(-1)!)!;
  if (factor === 0) return index;
  const others = index.terms.filter(({ atom }) => atom.kind !== "loop" || !run.includes(atom));
  return plus({ terms: others, constant: index.constant, key: "" }, times(by, factor));
}

/** What each step of a run of loops, taken together in order, adds to a position (in elements). */
export function offsetsAlong(index: Index, run: readonly LoopVariable[]): number[] {
  let offsets = [0];
  for (const loop of run) {
    const factor = slope(index, loop)!;
    offsets = offsets.flatMap((offset) => Array.from({ length: loop.extent }, (_, i) => offset + i * factor));
  }
  return offsets;
}

/** The part of a position that only the given loops decide, with the constant. */
export function partOf(index: Index, loops: readonly LoopVariable[]): Index {
  return plus(...loops.map((loop) => times(variable(loop), slope(index, loop)!)), index.constant);
}
