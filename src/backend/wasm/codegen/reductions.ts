import type { Combiner, Expr } from "../../../compiler/expr.ts";
import { type LoopVariable, product, slope } from "../../../compiler/index-expr.ts";
import { allIndices } from "../../../compiler/merge-loops.ts";
import type { Local } from "../assembler.ts";
import type { Values } from "./values.ts";

type Reduce = Extract<Expr, { kind: "reduce" }>;
type ArgReduce = Extract<Expr, { kind: "argreduce" }>;

/** Up to this many steps a reduction is written out instead of looped. */
const unrollLimit = 16;

const initial: Record<Combiner, { float32: number; integer: number }> = {
  sum: { float32: 0, integer: 0 },
  max: { float32: Number.NEGATIVE_INFINITY, integer: -(2 ** 31) },
  min: { float32: Number.POSITIVE_INFINITY, integer: 2 ** 31 - 1 },
};

const integerInstructions = { sum: "add", max: "maxS", min: "minS" } as const;

/** Emits a reduction's value onto the stack. */
export function emitReduction(values: Values, expr: Reduce | ArgReduce): void {
  if (expr.kind === "argreduce") {
    emitArgReduce(values, expr);
    return;
  }
  const last = contiguousLoop(values, expr);
  if (last) emitAlongLast(values, expr, last);
  else emitPlain(values, expr);
}

/** The innermost reduced loop, where its elements lie side by side and the surrounding code uses no lanes. */
function contiguousLoop(values: Values, expr: Reduce): LoopVariable | undefined {
  const last = expr.over.at(-1);
  if (!last || values.lanes || last.extent < 8) return undefined;
  if (values.inOrder && values.leftOver) return undefined;
  const slopes = allIndices(expr.body).map((index) => slope(index, last));
  return slopes.some((s) => s === 1) && slopes.every((s) => s === 0 || s === 1) ? last : undefined;
}

/** target = what a reduction starts from. */
export function setInitial(values: Values, target: Local, expr: Reduce | ArgReduce): void {
  const { f } = values;
  const start = initial[expr.kind === "reduce" ? expr.combine : expr.best];
  if (expr.body.dtype === "float32") f.set(target, f.f32x4.const(start.float32));
  else f.set(target, f.i32x4.const(start.integer));
}

/** target = target combined with the vector on the stack. */
export function combine(values: Values, expr: Reduce, target: Local): void {
  const { f } = values;
  if (expr.dtype === "float32" && expr.combine !== "sum") {
    // The engine's own maximum takes eight instructions. All ones, where the target is NaN, are a NaN.
    const value = f.local("v128");
    f.set(value);
    f.f32x4[expr.combine === "max" ? "pmax" : "pmin"](f.get(value), f.get(target));
    f.set(target, f.v128.or(undefined, f.f32x4.ne(f.get(target), f.get(target))));
    f.free(value);
    return;
  }
  f.get(target);
  if (expr.dtype === "float32") f.f32x4.add();
  else f.i32x4[integerInstructions[expr.combine]]();
  f.set(target);
}

/** target = target combined with a value; a product may be added without rounding it first. */
export function combineInto(values: Values, expr: Reduce, target: Local, value: Expr): void {
  const { f } = values;
  const isProduct = value.kind === "binary" && value.fn === "mul" && value.dtype === "float32";
  if (!values.fused || !isProduct || expr.combine !== "sum") {
    values.emit(value);
    combine(values, expr, target);
    return;
  }
  values.emit(value.a);
  values.emit(value.b);
  f.set(target, f.f32x4.relaxedMadd(undefined, undefined, f.get(target)));
}

/** Runs `body` for every combination of the loops: written out if they are few. */
function overAll(values: Values, loops: readonly LoopVariable[], expr: Expr, body: () => void): void {
  const [first, ...rest] = loops;
  if (!first) {
    body();
    return;
  }
  const steps = product(loops);
  values.hoist(expr);
  if (steps <= unrollLimit) {
    for (let i = 0; i < first.extent; i++) {
      values.places.withConstant(first, i, () => overAll(values, rest, expr, body));
    }
  } else {
    values.places.loop(first, 0, first.extent, 1, () => overAll(values, rest, expr, body));
  }
}

function emitPlain(values: Values, expr: Reduce): void {
  const { f } = values;
  const total = f.local("v128");
  setInitial(values, total, expr);
  values.scope.within(() =>
    overAll(values, expr.over, expr.body, () => {
      values.emit(expr.body);
      combine(values, expr, total);
    }),
  );
  f.get(total);
  f.free(total);
}

/** Four lanes run along the last loop; they and the remainder are combined at the end, in a fixed order. */
function emitAlongLast(values: Values, expr: Reduce, last: LoopVariable): void {
  const { f } = values;
  const total = f.local("v128");
  const rest = f.local("v128");
  setInitial(values, total, expr);
  setInitial(values, rest, expr);
  const whole = last.extent - (last.extent % 4);
  values.scope.within(() =>
    overAll(values, expr.over.slice(0, -1), expr.body, () => {
      values.hoist(expr.body);
      values.places.loop(last, 0, whole, 4, () => {
        values.lanes = last;
        values.emit(expr.body);
        combine(values, expr, total);
        values.lanes = undefined;
      });
      for (let i = whole; i < last.extent; i++) {
        values.places.withConstant(last, i, () => {
          values.emit(expr.body);
          combine(values, expr, rest);
        });
      }
    }),
  );
  // (0, 1, 2, 3) with (2, 3, 0, 1), then lane 0 with lane 1, then the remainder.
  f.i32x4.shuffle([2, 3, 0, 1], f.get(total), f.get(total));
  combine(values, expr, total);
  f.i32x4.shuffle([1, 0, 3, 2], f.get(total), f.get(total));
  combine(values, expr, total);
  f.get(rest);
  combine(values, expr, total);
  f.get(total);
  f.free(total, rest);
}

/** Keeps the best value and its running number; the first of equal ones, and NaN before all. */
function emitArgReduce(values: Values, expr: ArgReduce): void {
  const { f } = values;
  const best = f.local("v128");
  const where = f.local("v128");
  const step = f.local("i32");
  const candidate = f.local("v128");
  const better = f.local("v128");
  const float = expr.body.dtype === "float32";
  f.set(step, f.i32.const(0));
  f.set(where, f.i32x4.const(0));
  values.scope.within(() =>
    overAll(values, expr.over, expr.body, () => {
      values.emit(expr.body);
      f.set(candidate);
      f.get(candidate);
      f.get(best);
      if (float) f.f32x4[expr.best === "max" ? "gt" : "lt"]();
      else f.i32x4[expr.best === "max" ? "gtS" : "ltS"]();
      if (float) {
        f.v128.andnot(f.f32x4.ne(f.get(candidate), f.get(candidate)), f.f32x4.ne(f.get(best), f.get(best)));
        f.v128.or();
      }
      f.v128.or(undefined, f.i32x4.eq(f.i32x4.splat(f.get(step)), f.i32x4.const(0)));
      f.set(better);
      f.set(best, f.v128.bitselect(f.get(candidate), f.get(best), f.get(better)));
      f.set(where, f.v128.bitselect(f.i32x4.splat(f.get(step)), f.get(where), f.get(better)));
      f.set(step, f.i32.add(f.get(step), f.i32.const(1)));
    }),
  );
  f.get(where);
  f.free(best, where, step, candidate, better);
}
