import {
  argreduce,
  binary,
  type Condition,
  castTo,
  type Expr,
  guard,
  indicesOf,
  load,
  position,
  reduce,
  select,
  unary,
  walk,
} from "./expr.ts";
import {
  constant,
  dependsOn,
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  slope,
  substitute,
  times,
  variable,
} from "./index-expr.ts";

/** A loop nest and all positions in it, after joining loops that every position treats as one. */
export interface LoopNest {
  readonly loops: readonly LoopVariable[];
  readonly index: Index;
  readonly expr: Expr;
}

/**
 * Removes loops of extent 1 and joins neighbours: where every position depends on (i, j) only through i · |j| + j, one
 * loop does the work of two. An elementwise kernel on contiguous tensors becomes a single flat loop.
 */
export function mergeLoops(original: LoopNest): LoopNest {
  let nest = dropUnitLoops(original);
  for (let k = nest.loops.length - 2; k >= 0; k--) {
    const [outer, inner] = [nest.loops[k]!, nest.loops[k + 1]!];
    if (![nest.index, ...allIndices(nest.expr)].every((i) => joins(i, outer, inner))) continue;
    const joined = loopVariable(outer.extent * inner.extent);
    const change = (i: Index): Index => joinIn(i, outer, inner, joined);
    nest = {
      loops: nest.loops.toSpliced(k, 2, joined),
      index: change(nest.index),
      expr: mapIndices(nest.expr, change),
    };
  }
  return { ...nest, expr: mergeReductions(nest.expr) };
}

/** The same inside reductions; the order of summation stays. */
function mergeReductions(expr: Expr): Expr {
  return mapExpr(expr, (part) => {
    if (part.kind !== "reduce" && part.kind !== "argreduce") return part;
    let over = part.over;
    let body = part.body;
    for (let k = over.length - 2; k >= 0; k--) {
      const [outer, inner] = [over[k]!, over[k + 1]!];
      if (!allIndices(body).every((i) => joins(i, outer, inner))) continue;
      const joined = loopVariable(outer.extent * inner.extent);
      body = mapIndices(body, (i) => joinIn(i, outer, inner, joined));
      over = over.toSpliced(k, 2, joined);
    }
    return part.kind === "reduce" ? reduce(part.combine, over, body) : argreduce(part.best, over, body);
  });
}

/** The same with a loop replaced by two, i = size · outer + inner, in the order that `arranged` gives them. */
export function cutLoop(
  { loops, index, expr }: LoopNest,
  loop: LoopVariable,
  size: number,
  arranged: (outer: LoopVariable, inner: LoopVariable) => readonly LoopVariable[],
): LoopNest {
  const [outer, inner] = [loopVariable(loop.extent / size), loopVariable(size)];
  const by = new Map([[loop, plus(times(variable(outer), size), variable(inner))]]);
  const change = (i: Index): Index => substitute(i, by);
  return {
    loops: loops.toSpliced(loops.indexOf(loop), 1, ...arranged(outer, inner)),
    index: change(index),
    expr: mapIndices(expr, change),
  };
}

/** The same without loops of extent 1. */
export function dropUnitLoops(nest: LoopNest): LoopNest {
  const units = new Map<LoopVariable, Index>();
  for (const loop of nest.loops) if (loop.extent === 1) units.set(loop, constant(0));
  walk(nest.expr, (part) => {
    if (part.kind !== "reduce" && part.kind !== "argreduce") return;
    for (const loop of part.over) if (loop.extent === 1) units.set(loop, constant(0));
  });
  if (units.size === 0 || allIndices(nest.expr).some(hasDynamicOn(units))) return nest;
  const change = (i: Index): Index => substitute(i, units);
  const expr = mapExpr(mapIndices(nest.expr, change), (part) => {
    if (part.kind === "reduce")
      return reduce(
        part.combine,
        part.over.filter((loop) => !units.has(loop)),
        part.body,
      );
    if (part.kind === "argreduce")
      return argreduce(
        part.best,
        part.over.filter((loop) => !units.has(loop)),
        part.body,
      );
    return part;
  });
  return { loops: nest.loops.filter((loop) => !units.has(loop)), index: change(nest.index), expr };
}

/** Whether an index has a part that is read from a tensor, and depends on one of these loops. */
function hasDynamicOn(units: ReadonlyMap<LoopVariable, Index>): (index: Index) => boolean {
  const isDynamic = (index: Index): boolean =>
    index.terms.some(({ atom }) => atom.kind === "dynamic" || (atom.kind !== "loop" && isDynamic(atom.of)));
  return (index) => isDynamic(index) && [...units.keys()].some((loop) => dependsOn(index, loop));
}

function joins(index: Index, outer: LoopVariable, inner: LoopVariable): boolean {
  const [a, b] = [slope(index, outer), slope(index, inner)];
  return a !== undefined && b !== undefined && a === b * inner.extent;
}

function joinIn(index: Index, outer: LoopVariable, inner: LoopVariable, joined: LoopVariable): Index {
  const factor = slope(index, inner)!;
  if (factor === 0) return index;
  const others = index.terms.filter((term) => term.atom !== outer && term.atom !== inner);
  return plus({ terms: others, constant: index.constant, key: "" }, times(variable(joined), factor));
}

/** All positions in an expression, those inside values that positions are read from included. */
export function allIndices(expr: Expr): Index[] {
  const found: Index[] = [];
  walk(expr, (part) => {
    found.push(...indicesOf(part));
  });
  return found;
}

/** Rebuilds an expression from the leaves up, equal parts once, and parts that are known to stay not at all. */
export function mapExpr(
  expr: Expr,
  change: (part: Expr) => Expr,
  stays: (part: Expr) => boolean = () => false,
): Expr {
  const known = new Map<string, Expr>();
  const visit = (part: Expr): Expr => {
    if (stays(part)) return part;
    const found = known.get(part.key) ?? rebuild(part);
    known.set(part.key, found);
    return found;
  };
  const rebuild = (part: Expr): Expr => {
    switch (part.kind) {
      case "constant":
      case "load":
      case "position":
        return change(part);
      case "cast":
        return change(castTo(visit(part.x), part.dtype));
      case "unary":
        return change(unary(part.fn, visit(part.x)));
      case "binary":
        return change(binary(part.fn, visit(part.a), visit(part.b)));
      case "select":
        return change(select(visit(part.test), visit(part.a), visit(part.b)));
      case "guard":
        return change(guard(part.conditions, visit(part.value), part.otherwise));
      case "reduce":
        return change(reduce(part.combine, part.over, visit(part.body)));
      case "argreduce":
        return change(argreduce(part.best, part.over, visit(part.body)));
    }
  };
  return visit(expr);
}

/** The same expression with every position changed. */
export function mapIndices(
  expr: Expr,
  change: (index: Index) => Index,
  stays?: (part: Expr) => boolean,
): Expr {
  const changed = (part: Expr): Expr => {
    if (part.kind === "load") return load(part.buffer, change(part.index));
    if (part.kind === "position") return position(change(part.index));
    if (part.kind === "guard") {
      const conditions = part.conditions.map((c): Condition => ({ ...c, index: change(c.index) }));
      return guard(conditions, part.value, part.otherwise);
    }
    return part;
  };
  return mapExpr(expr, changed, stays);
}
