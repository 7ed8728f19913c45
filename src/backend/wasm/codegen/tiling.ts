import { type Expr, neverHolds, walk } from "../../../compiler/expr.ts";
import {
  constant,
  dependsOn,
  isDynamic,
  type LoopVariable,
  loopsOf,
  loopVariable,
  plus,
  product,
  slope,
  substitute,
  times,
  variable,
} from "../../../compiler/index-expr.ts";
import { allIndices, type LoopNest } from "../../../compiler/merge-loops.ts";
import { combinations, guardsOf, interiorOf, periodOf, type Substitution } from "../../../compiler/unroll.ts";
import { reductionsOf } from "./block.ts";
import type { Reduction } from "./lockstep.ts";

/** Some steps of the loops that form the rows of blocks: one block, or one for each step of a loop. */
export interface Region {
  readonly loop: LoopVariable | undefined;
  readonly rows: readonly Substitution[];
}

/** How a loop nest is done block by block. */
export interface Tiling {
  /** Loops around blocks, outermost first. */
  readonly outer: readonly LoopVariable[];
  readonly regions: readonly Region[];
  readonly lanes: LoopVariable;
  /** Vectors of a block's row. */
  readonly vectors: number;
}

/** Sums that stay in registers, of which there are 16. */
const mostSums = 8;
/** An outer loop up to this long may lie within a block. */
const shortLoop = 4;
/** Blocks that have to look at the edges are written out each for itself, up to so many. */
const mostEdges = 6;
/** Steps of a reduction that count for more than how its result is written. */
const longSteps = 8;
/** Up to here a row is no work for itself. */
const fewLanes = 32;
/** Combinations of reduced loops that a condition is looked at for. */
const mostTaps = 64;

/**
 * Cuts a nest into blocks, if the elements along its last loop lie side by side.
 *
 * @param width vectors in a register.
 */
export function tilingFor(nest: LoopNest, width: number): Tiling | undefined {
  const { loops, expr } = nest;
  const lanes = loops.at(-1);
  if (!lanes || lanes.extent < 4) return undefined;
  const indices = allIndices(expr);
  if (indices.some((index) => isDynamic(index) || slope(index, lanes) === undefined)) return undefined;
  const reductions = reductionsOf(expr);
  const stride = slope(nest.index, lanes);
  if (!stride || (stride !== 1 && reductions.length === 0)) return undefined;
  if (reductions.some(({ body }) => reductionsOf(body).length > 0)) return undefined;
  const fits = (vectors: number): number => Math.max(1, Math.min(vectors, Math.floor(lanes.extent / 4)));

  const row = loops.at(-2);
  const over = loops.at(-3);
  const shares =
    row &&
    over &&
    reductions.length === 0 &&
    isShort(over) &&
    indices.some((index) => !dependsOn(index, over) && dependsOn(index, row));
  if (!row || !(shares || hasRows(reductions, row, lanes))) {
    const vectors = reductions.length > 0 ? 4 : callsFunctions(expr) ? 1 : 2;
    return {
      outer: loops.slice(0, -1),
      regions: [{ loop: undefined, rows: [new Map()] }],
      lanes,
      vectors: fits(vectors),
    };
  }
  const room = Math.floor(mostSums / (reductions.some(({ kind }) => kind === "argreduce") ? 2 : 1));
  const withOver = over && isShort(over) && over.extent * Math.min(2, row.extent) <= room;
  const whole = withOver && over.extent * row.extent <= room + 1;
  const steps = whole ? row.extent : Math.max(1, Math.floor(room / (withOver ? over.extent : 1)));
  const regions = regionsOf(nest, row, steps).map((region) => ({
    ...region,
    rows: withOver
      ? combinations([over], constant).flatMap((outer) => region.rows.map((at) => new Map([...outer, ...at])))
      : region.rows,
  }));
  return { outer: loops.slice(0, withOver ? -3 : -2), regions, lanes, vectors: fits(width) };
}

function isShort(loop: LoopVariable): boolean {
  return loop.extent <= shortLoop;
}

/**
 * The same nest with another loop innermost, if long reductions read side by side along that one only: their results, of
 * which there are fewer, are then written apart.
 */
export function turnedToReads(nest: LoopNest): LoopNest {
  const { loops, expr } = nest;
  const last = loops.at(-1);
  const long = reductionsOf(expr).filter(({ over }) => product(over) >= longSteps);
  const reads = long.flatMap(({ body }) => allIndices(body));
  const isSmooth = (loop: LoopVariable): boolean =>
    reads.some((index) => slope(index, loop) === 1) &&
    reads.every((index) => [0, 1].includes(slope(index, loop) ?? -1));
  if (!last || long.length === 0 || isSmooth(last) || long.some(({ over }) => over.some(isSmooth)))
    return nest;
  const better = loops.find((loop) => loop.extent >= 4 && isSmooth(loop) && slope(nest.index, loop));
  return better ? { ...nest, loops: [...loops.filter((loop) => loop !== better), better] } : nest;
}

/** Whether elements along `row` share what their reductions read, or have too little to do each for themselves. */
function hasRows(reductions: readonly Reduction[], row: LoopVariable, lanes: LoopVariable): boolean {
  return reductions.some(({ body, over }) => {
    const steps = product(over);
    if (steps <= mostTaps && lanes.extent < fewLanes) return true;
    return allIndices(body).some((index) => {
      const step = slope(index, row);
      const slopes = over.map((loop) => slope(index, loop)).filter((along) => along !== 0);
      if (step === undefined || slopes.length === 0) return false;
      if (step === 0) return true;
      // Whether neighbours along a reduced loop reach the next element's.
      return over.some((loop) => {
        const along = slope(index, loop);
        return along && step % along === 0 && Math.abs(step) < Math.abs(along) * loop.extent;
      });
    });
  });
}

function callsFunctions(expr: Expr): boolean {
  let calls = false;
  walk(expr, (part) => {
    if (
      part.kind === "unary" &&
      !["neg", "abs", "sqrt", "floor", "not", "sign", "bitsToUnit"].includes(part.fn)
    )
      calls = true;
    if (part.kind === "binary" && part.fn === "pow") calls = true;
  });
  return calls;
}

/** Cuts a loop into blocks of `most` steps, those apart that have to look at the edges of what they read. */
function regionsOf(nest: LoopNest, row: LoopVariable, most: number): Region[] {
  const guards = guardsOf(nest.expr);
  const period = periodOf(allIndices(nest.expr), guards, row, most);
  const even = Math.ceil(row.extent / Math.ceil(row.extent / most));
  const size = Math.min(
    row.extent,
    Math.max(1, Math.floor(most / period), Math.ceil(even / period)) * period,
  );
  const blocks = Math.floor(row.extent / size);
  const fixed = (first: number, count: number): Region => ({
    loop: undefined,
    rows: Array.from({ length: count }, (_, p) => new Map([[row, constant(first + p)]])),
  });
  const block = loopVariable(blocks);
  const looped = (first: number, loop: LoopVariable): Substitution[] =>
    Array.from(
      { length: size },
      (_, p) => new Map([[row, plus(times(variable(loop), size), first * size + p)]]),
    );

  let [first, end] = [0, blocks];
  for (const conditions of guards) {
    const own = conditions.filter(({ index }) => dependsOn(index, row));
    if (own.length === 0) continue;
    const inner = [...new Set(own.flatMap(({ index }) => [...loopsOf(index)]))].filter(
      (loop) => !nest.loops.includes(loop),
    );
    const many = product(inner) > mostTaps;
    for (const tap of many ? [new Map()] : combinations(inner, constant)) {
      for (const at of looped(0, block)) {
        const there = own.map((condition) => ({
          ...condition,
          index: substitute(condition.index, new Map([...tap, ...at])),
        }));
        if (there.some(neverHolds)) continue;
        const [from, to] = interiorOf(there, block);
        first = Math.max(first, from);
        end = Math.min(end, to);
      }
    }
  }
  end = Math.max(first, end);
  const edges = first + blocks - end;
  if (edges > mostEdges) [first, end] = [0, blocks];
  const regions: Region[] = [];
  for (let b = 0; b < first; b++) regions.push(fixed(b * size, size));
  if (end - first === 1) regions.push(fixed(first * size, size));
  else if (end > first) {
    const loop = loopVariable(end - first);
    regions.push({ loop, rows: looped(first, loop) });
  }
  for (let b = end; b < blocks; b++) regions.push(fixed(b * size, size));
  if (row.extent > blocks * size) regions.push(fixed(blocks * size, row.extent - blocks * size));
  return regions;
}
