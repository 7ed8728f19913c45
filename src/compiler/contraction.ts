import type { Expr, Load, Reduce } from "./expr.ts";
import { indicesOf, walk } from "./expr.ts";
import {
  type Atom,
  dependsOn,
  type Index,
  type LoopVariable,
  loopsOf,
  loopVariable,
  plus,
  product,
  slope,
  stepsAlong,
  times,
  variable,
} from "./index-expr.ts";
import { cutLoop, type LoopNest, mergeLoops } from "./merge-loops.ts";

/**
 * A loop nest as a batch of matrix products: for every batch position, C[m, n] = Σ_k A[m, k] · B[k, n], then an
 * elementwise epilogue. Positions in A and B are sums of a part for each of batch, m (or n) and k.
 */
export interface Contraction extends LoopNest {
  readonly reduction: Reduce;
  readonly batch: readonly LoopVariable[];
  /** The loops that form m, n and k, outermost first; along k, A is read in the order of its memory. */
  readonly rows: readonly LoopVariable[];
  readonly columns: readonly LoopVariable[];
  readonly inner: readonly LoopVariable[];
  readonly a: Load;
  readonly b: Load;
}

/** Loops outside are taken into the rows until there are this many. */
const wantedRows = 48;
/** A longer loop of rows is cut, so that tables of their places stay small. */
const mostRows = 2048;

/** The sum of products of two loads inside an expression, if that is what its reduction is. */
export function sumOfProducts(expr: Expr): (Reduce & { readonly a: Load; readonly b: Load }) | undefined {
  let found: (Reduce & { readonly a: Load; readonly b: Load }) | undefined;
  walk(expr, (part) => {
    if (part.kind !== "reduce" || part.combine !== "sum" || part.dtype !== "float32") return;
    const { body } = part;
    if (body.kind !== "binary" || body.fn !== "mul") return;
    if (isStaticLoad(body.a) && isStaticLoad(body.b)) found = { ...part, a: body.a, b: body.b };
  });
  return found;
}

function isStaticLoad(expr: Expr): expr is Load {
  return expr.kind === "load" && expr.index.terms.every(({ atom }) => isStatic(atom));
}

function isStatic(atom: Atom): boolean {
  if (atom.kind === "dynamic") return false;
  return atom.kind === "loop" || atom.of.terms.every((term) => isStatic(term.atom));
}

/**
 * Sees a nest as matrix products whose columns lie side by side in the output, or says that it is none.
 *
 * Loops that both operands depend on are batch loops, and so are those of one operand that lie too far outside.
 */
export function asContraction(original: LoopNest): Contraction | undefined {
  const nest = cutLongRows(mergeLoops(original));
  const reduction = sumOfProducts(nest.expr);
  const { loops } = nest;
  const last = loops.at(-1);
  if (!reduction || !last || slope(nest.index, last) !== 1) return undefined;
  if ([...loops, ...reduction.over].some((loop) => loop.extent === 0)) return undefined;
  const [a, b] = dependsOn(reduction.b.index, last) ? [reduction.a, reduction.b] : [reduction.b, reduction.a];
  if (dependsOn(a.index, last) || !dependsOn(b.index, last)) return undefined;
  const outside = [nest.index, ...indicesOutside(nest.expr, reduction)];
  const columns = joinedRun(
    loops,
    last,
    outside,
    (loop) => dependsOn(b.index, loop) && !dependsOn(a.index, loop),
  );
  const rows = rowsOf(loops, (loop) => dependsOn(a.index, loop) && !dependsOn(b.index, loop));
  if (rows.length === 0) {
    // A vector times a matrix: worth tiles only if these need no packing.
    if (hiddenLoops(b.index).size === 0) return undefined;
    rows.push(loopVariable(1));
  }
  const linear = (index: Index): boolean =>
    [...rows, ...columns].every((loop) => slope(index, loop) !== undefined);
  if (!outside.every(linear)) return undefined;
  const batch = loops.filter((loop) => !columns.includes(loop) && !rows.includes(loop));
  // Places in A are linear; in B they may depend on the columns in any way, but on nothing else together with these.
  if (hiddenLoops(a.index).size > 0) return undefined;
  if ([...hiddenLoops(b.index)].some((loop) => !columns.includes(loop))) return undefined;
  const inner = [...reduction.over].sort((p, q) => stride(a, q) - stride(a, p));
  return { ...nest, reduction, batch, rows, columns, inner, a, b };
}

const stride = (load: Load, loop: LoopVariable): number => Math.abs(slope(load.index, loop)!);

/** Loops of the nest that fit, innermost ones first taken, until there are enough rows. */
function rowsOf(loops: readonly LoopVariable[], fits: (loop: LoopVariable) => boolean): LoopVariable[] {
  const rows: LoopVariable[] = [];
  for (const loop of loops.toReversed()) {
    if (!fits(loop)) continue;
    const size = product(rows);
    if (rows.length > 0 && (size >= wantedRows || size * loop.extent > mostRows)) break;
    rows.unshift(loop);
  }
  return rows;
}

/** Cuts loops that are longer than a table of rows should be into two, where that can be done evenly. */
function cutLongRows(nest: LoopNest): LoopNest {
  let result = nest;
  for (const loop of nest.loops.slice(0, -1)) {
    if (loop.extent <= mostRows) continue;
    let size = mostRows;
    while (size >= wantedRows && loop.extent % size !== 0) size--;
    if (size < wantedRows) continue;
    result = cutLoop(result, loop, size, (outer, inner) => [outer, inner]);
  }
  return result;
}

/** Loops that an index depends on otherwise than by a factor. */
function hiddenLoops(index: Index): Set<LoopVariable> {
  return loopsOf({ ...index, terms: index.terms.filter(({ atom }) => atom.kind !== "loop") });
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
  const concerned = index.terms.filter(({ atom }) =>
    atom.kind === "loop" ? run.includes(atom) : run.some((loop) => dependsOn(variable(atom), loop)),
  );
  if (concerned.every(({ atom }) => atom.kind === "loop"))
    return stepsAlong(run, (loop) => slope(index, loop)!);
  return Array.from({ length: product(run) }, (_, step) => {
    const values = new Map<LoopVariable, number>();
    let rest = step;
    for (const loop of run.toReversed()) {
      values.set(loop, rest % loop.extent);
      rest = Math.floor(rest / loop.extent);
    }
    return concerned.reduce((sum, { atom, factor }) => sum + factor * atomValue(atom, values), 0);
  });
}

function atomValue(atom: Atom, values: ReadonlyMap<LoopVariable, number>): number {
  if (atom.kind === "loop") return values.get(atom)!;
  if (atom.kind === "dynamic") throw new Error("a position that is read from memory has no value yet");
  const { terms, constant } = atom.of;
  const of = terms.reduce((sum, term) => sum + term.factor * atomValue(term.atom, values), constant);
  const whole = Math.floor(of / atom.by);
  return atom.kind === "quotient" ? whole : of - whole * atom.by;
}

/** The part of a position that only the given loops decide, with the constant. */
export function partOf(index: Index, loops: readonly LoopVariable[]): Index {
  return plus(...loops.map((loop) => times(variable(loop), slope(index, loop)!)), index.constant);
}

/** Steps along which an operand is read at an even distance. */
export interface Run {
  /** Elements from the end of the run before (from the operand's place at the first) to the first step. */
  readonly jump: number;
  readonly length: number;
}

/** How an operand is read along the inner steps of a product. */
export interface InnerRuns {
  /** Elements from step to step within a run. */
  readonly stride: number;
  /** For each block of inner steps, the runs that it consists of. */
  readonly blocks: readonly (readonly Run[])[];
}

/** Of loops, outermost first, the innermost ones that move `index` evenly: how far a step, and how many steps. */
export function evenRun(
  index: Index,
  inner: readonly LoopVariable[],
): { readonly outer: readonly LoopVariable[]; readonly step: number; readonly length: number } {
  let outer = [...inner];
  let length = 1;
  let step = 0;
  for (const loop of inner.toReversed()) {
    const factor = slope(index, loop)!;
    if (length > 1 && factor !== step * length) break;
    if (length === 1) step = factor;
    length *= loop.extent;
    outer = outer.slice(0, -1);
  }
  return { outer, step, length };
}

/** The runs in which `index` passes along the loops `inner`, cut where blocks of `blockLength` steps begin. */
export function runsAlong(index: Index, inner: readonly LoopVariable[], blockLength: number): InnerRuns {
  const { outer, step, length } = evenRun(index, inner);
  const blocks: Run[][] = [];
  let place = 0;
  let done = 0;
  for (const start of offsetsAlong(index, outer)) {
    for (let at = 0; at < length; ) {
      if (done % blockLength === 0) {
        blocks.push([]);
        place = 0;
      }
      const part = Math.min(length - at, blockLength - (done % blockLength));
      const first = start + at * step;
      blocks.at(-1)!.push({ jump: first - place, length: part });
      place = first + part * step;
      at += part;
      done += part;
    }
  }
  return { stride: step, blocks };
}
