import type { DType } from "../core/dtype.ts";
import { type Index, type LoopVariable, loopsOf, rangeOf } from "./index-expr.ts";

/** The arithmetic that kernels do; each backend has an instruction or a helper for each name. */
export type UnaryFunction =
  | "neg"
  | "abs"
  | "exp"
  | "log"
  | "log1p"
  | "expm1"
  | "sqrt"
  | "sin"
  | "cos"
  | "tanh"
  | "sigmoid"
  | "erf"
  | "sign"
  | "floor"
  | "not"
  | "bitsToUnit";

export type BinaryFunction =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "maximum"
  | "minimum"
  | "equal"
  | "notEqual"
  | "less"
  | "lessEqual"
  | "and";

export type Combiner = "sum" | "max" | "min";

/** A memory area that holds one tensor. */
export interface Buffer {
  readonly id: number;
  readonly dtype: DType;
  readonly length: number;
  /** The buffer in whose memory it lies, if it has none of its own. */
  readonly within?: Buffer;
  /** What its content consists of, if no kernel writes it as a whole. */
  readonly parts?: readonly Buffer[];
}

/** The buffers that kernels write for the content of this one. */
export function written(buffer: Buffer): readonly Buffer[] {
  return buffer.parts ?? [buffer];
}

interface Common {
  readonly dtype: DType;
  /** Text that is equal exactly for equal expressions. */
  readonly key: string;
  /** The loop variables that the value depends on, those of reductions inside it left out. */
  readonly loops: ReadonlySet<LoopVariable>;
}

/** The value of one element of a tensor, as a function of loop variables. */
export type Expr =
  | (Common & { readonly kind: "constant"; readonly value: number })
  | (Common & { readonly kind: "load"; readonly buffer: Buffer; readonly index: Index })
  | (Common & { readonly kind: "position"; readonly index: Index })
  | (Common & { readonly kind: "cast"; readonly x: Expr })
  | (Common & { readonly kind: "unary"; readonly fn: UnaryFunction; readonly x: Expr })
  | (Common & { readonly kind: "binary"; readonly fn: BinaryFunction; readonly a: Expr; readonly b: Expr })
  | (Common & { readonly kind: "select"; readonly test: Expr; readonly a: Expr; readonly b: Expr })
  | (Common & {
      /** `value` where all conditions hold, and only then computed; `otherwise` elsewhere. */
      readonly kind: "guard";
      readonly conditions: readonly Condition[];
      readonly value: Expr;
      readonly otherwise: number;
    })
  | (Common & {
      readonly kind: "reduce";
      readonly combine: Combiner;
      readonly over: readonly LoopVariable[];
      readonly body: Expr;
    })
  | (Common & {
      /** The running number (row-major over `over`) of the first best body. */
      readonly kind: "argreduce";
      readonly best: "max" | "min";
      readonly over: readonly LoopVariable[];
      readonly body: Expr;
    });

export type Reduce = Extract<Expr, { kind: "reduce" }>;
export type Load = Extract<Expr, { kind: "load" }>;

/** 0 ≤ index < extent, or index divisible by a number. */
export type Condition =
  | { readonly kind: "inside"; readonly index: Index; readonly extent: number }
  | { readonly kind: "divisible"; readonly index: Index; readonly by: number };

export function constantOf(value: number, dtype: DType): Expr {
  return {
    kind: "constant",
    value,
    dtype,
    key: `${Object.is(value, -0) ? "-0" : value}:${dtype}`,
    loops: new Set(),
  };
}

export function load(buffer: Buffer, index: Index): Load {
  return {
    kind: "load",
    buffer,
    index,
    dtype: buffer.dtype,
    key: `b${buffer.id}[${index.key}]`,
    loops: loopsOf(index),
  };
}

export function position(index: Index): Expr {
  return { kind: "position", index, dtype: "int32", key: `pos(${index.key})`, loops: loopsOf(index) };
}

export function castTo(x: Expr, dtype: DType): Expr {
  if (x.dtype === dtype) return x;
  return { kind: "cast", x, dtype, key: `${dtype}(${x.key})`, loops: x.loops };
}

export function unary(fn: UnaryFunction, x: Expr): Expr {
  const dtype = fn === "bitsToUnit" ? "float32" : x.dtype;
  return { kind: "unary", fn, x, dtype, key: `${fn}(${x.key})`, loops: x.loops };
}

const comparisons: ReadonlySet<BinaryFunction> = new Set(["equal", "notEqual", "less", "lessEqual", "and"]);

export function binary(fn: BinaryFunction, a: Expr, b: Expr): Expr {
  const dtype = comparisons.has(fn) ? "bool" : a.dtype;
  return { kind: "binary", fn, a, b, dtype, key: `${fn}(${a.key},${b.key})`, loops: union(a.loops, b.loops) };
}

export function select(test: Expr, a: Expr, b: Expr): Expr {
  const loops = union(test.loops, union(a.loops, b.loops));
  return { kind: "select", test, a, b, dtype: a.dtype, key: `sel(${test.key},${a.key},${b.key})`, loops };
}

export function guard(conditions: readonly Condition[], value: Expr, otherwise: number): Expr {
  const open = conditions.filter((condition) => !alwaysHolds(condition));
  if (open.length === 0) return value;
  if (open.some(neverHolds)) return constantOf(otherwise, value.dtype);
  const keys = open.map((c) =>
    c.kind === "inside" ? `${c.index.key}<${c.extent}` : `${c.index.key}|${c.by}`,
  );
  const loops = new Set(value.loops);
  for (const condition of open) loopsOf(condition.index, loops);
  const key = `guard(${keys.join("&")}?${value.key}:${otherwise})`;
  return { kind: "guard", conditions: open, value, otherwise, dtype: value.dtype, key, loops };
}

function alwaysHolds(condition: Condition): boolean {
  if (condition.kind === "divisible") {
    const { terms, constant } = condition.index;
    return constant % condition.by === 0 && terms.every((term) => term.factor % condition.by === 0);
  }
  const [low, high] = rangeOf(condition.index);
  return low >= 0 && high < condition.extent;
}

export function neverHolds({ index, ...condition }: Condition): boolean {
  if (condition.kind === "divisible") {
    const { by } = condition;
    return index.constant % by !== 0 && index.terms.every((term) => term.factor % by === 0);
  }
  const [low, high] = rangeOf(index);
  return high < 0 || low >= condition.extent;
}

export function reduce(combine: Combiner, over: readonly LoopVariable[], body: Expr): Expr {
  if (combine === "sum" && over.some((loop) => loop.extent === 0)) return constantOf(0, body.dtype);
  const key = `${combine}{${over.map((loop) => loop.key).join()}}(${body.key})`;
  return { kind: "reduce", combine, over, body, dtype: body.dtype, key, loops: without(body.loops, over) };
}

export function argreduce(best: "max" | "min", over: readonly LoopVariable[], body: Expr): Expr {
  const key = `arg${best}{${over.map((loop) => loop.key).join()}}(${body.key})`;
  return { kind: "argreduce", best, over, body, dtype: "int32", key, loops: without(body.loops, over) };
}

/** The operands of an expression. */
export function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "constant":
    case "load":
    case "position":
      return [];
    case "cast":
    case "unary":
      return [expr.x];
    case "binary":
      return [expr.a, expr.b];
    case "select":
      return [expr.test, expr.a, expr.b];
    case "guard":
      return [expr.value];
    case "reduce":
    case "argreduce":
      return [expr.body];
  }
}

/** The positions that an expression itself uses, those of its operands left out. */
export function indicesOf(expr: Expr): readonly Index[] {
  if (expr.kind === "load" || expr.kind === "position") return [expr.index];
  if (expr.kind === "guard") return expr.conditions.map((condition) => condition.index);
  return [];
}

/** Visits an expression and everything in it, values that positions are read from included; each one once. */
export function walk(expr: Expr, visit: (expr: Expr) => void, seen: Set<string> = new Set()): void {
  if (seen.has(expr.key)) return;
  seen.add(expr.key);
  visit(expr);
  for (const index of indicesOf(expr)) walkIndex(index, visit, seen);
  for (const operand of operandsOf(expr)) walk(operand, visit, seen);
}

/** The buffers that an expression reads. */
export function readsOf(expr: Expr): Set<Buffer> {
  const found = new Set<Buffer>();
  walk(expr, (part) => {
    if (part.kind === "load") found.add(part.buffer);
  });
  return found;
}

function walkIndex(index: Index, visit: (expr: Expr) => void, seen: Set<string>): void {
  for (const { atom } of index.terms) {
    if (atom.kind === "dynamic") walk(atom.value, visit, seen);
    else if (atom.kind !== "loop") walkIndex(atom.of, visit, seen);
  }
}

function union(a: ReadonlySet<LoopVariable>, b: ReadonlySet<LoopVariable>): ReadonlySet<LoopVariable> {
  return a.size === 0 ? b : b.size === 0 ? a : new Set([...a, ...b]);
}

function without(loops: ReadonlySet<LoopVariable>, taken: readonly LoopVariable[]): Set<LoopVariable> {
  return new Set([...loops].filter((loop) => !taken.includes(loop)));
}
