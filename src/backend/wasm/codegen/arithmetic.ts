import type { BinaryFunction, UnaryFunction } from "../../../compiler/expr.ts";
import type { DType } from "../../../core/dtype.ts";
import type { FunctionBuilder } from "../assembler.ts";
import type { MathFunction } from "../vector-math.ts";

/** Emits a mathematical function of what is on the stack. */
export type MathEmitter = (name: MathFunction) => void;

const floatInstructions = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  maximum: "max",
  minimum: "min",
  equal: "eq",
  notEqual: "ne",
  less: "lt",
  lessEqual: "le",
} as const;

const integerInstructions = {
  add: "add",
  sub: "sub",
  mul: "mul",
  maximum: "maxS",
  minimum: "minS",
  equal: "eq",
  notEqual: "ne",
  less: "ltS",
  lessEqual: "leS",
} as const;

/** Masks are −1 and 0, so the order is turned round. */
const maskInstructions = {
  ...integerInstructions,
  maximum: "minS",
  minimum: "maxS",
  less: "gtS",
  lessEqual: "geS",
} as const;

/** The vector on the stack in another element type: whole numbers truncate towards zero. */
export function emitConversion(f: FunctionBuilder, from: DType, to: DType): void {
  if (from === to) return;
  if (to === "bool") {
    if (from === "float32") f.f32x4.ne(undefined, f.f32x4.const(0));
    else f.i32x4.ne(undefined, f.i32x4.const(0));
    return;
  }
  if (from === "bool") f.i32x4.neg();
  if (to === "float32") f.f32x4.convertI32x4S();
  else if (from === "float32") f.i32x4.truncSatF32x4S();
  if (to === "uint8") f.v128.and(undefined, f.i32x4.const(255));
}

/** fn of the vector on the stack. */
export function emitUnary(f: FunctionBuilder, fn: UnaryFunction, dtype: DType, math: MathEmitter): void {
  const float = dtype === "float32";
  switch (fn) {
    case "neg":
      if (float) f.f32x4.neg();
      else f.i32x4.neg();
      break;
    case "abs":
      if (float) f.f32x4.abs();
      else f.i32x4.abs();
      break;
    case "sqrt":
      f.f32x4.sqrt();
      break;
    case "floor":
      if (float) f.f32x4.floor();
      break;
    case "not":
      f.v128.not();
      break;
    case "sign":
      emitSign(f, float);
      break;
    case "bitsToUnit":
      f.i32.const(8);
      f.i32x4.shrU();
      f.f32x4.convertI32x4S();
      f.f32x4.mul(undefined, f.f32x4.const(2 ** -24));
      break;
    default:
      math(fn);
  }
  if (dtype === "uint8") f.v128.and(undefined, f.i32x4.const(255));
}

function emitSign(f: FunctionBuilder, float: boolean): void {
  const x = f.local("v128");
  f.set(x);
  if (float) {
    // ±1 where x > 0 or x < 0; x itself where it is a zero or NaN.
    f.v128.bitselect(
      f.v128.or(f.v128.and(f.get(x), f.f32x4.const(-0)), f.f32x4.const(1)),
      f.get(x),
      f.v128.or(f.f32x4.lt(f.get(x), f.f32x4.const(0)), f.f32x4.gt(f.get(x), f.f32x4.const(0))),
    );
  } else {
    f.i32x4.sub(f.i32x4.gtS(f.i32x4.const(0), f.get(x)), f.i32x4.gtS(f.get(x), f.i32x4.const(0)));
  }
  f.free(x);
}

/** fn of the two vectors on the stack, whose element type is `dtype`. */
export function emitBinary(f: FunctionBuilder, fn: BinaryFunction, dtype: DType, math: MathEmitter): void {
  if (fn === "and") {
    f.v128.and();
    return;
  }
  if (fn === "pow") {
    math("pow");
    return;
  }
  if (dtype === "float32") f.f32x4[floatInstructions[fn]]();
  else if (fn === "div") throw new Error("whole numbers are divided as float32");
  else f.i32x4[(dtype === "bool" ? maskInstructions : integerInstructions)[fn]]();
  if (dtype === "uint8" && (fn === "add" || fn === "sub" || fn === "mul")) {
    f.v128.and(undefined, f.i32x4.const(255));
  }
}
