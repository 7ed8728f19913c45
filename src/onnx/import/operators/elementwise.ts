import { isFloating } from "../../../core/dtype.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator, Result } from "../node-call.ts";
import { narrowed } from "../wrap.ts";

/** A function of one tensor. */
function unary(fn: (x: Tensor) => Tensor): Operator {
  return (call) => fn(call.tensor(0));
}

/** Arithmetic whose result has the operands' type, also where that is narrower than what it is computed in. */
function arithmetic(call: NodeCall, result: Tensor): Result {
  return narrowed(result, call.value(0).type);
}

/** Two operands, broadcast: by NumPy's rule, or before version 7 with `b` laid along a named axis of `a`. */
export function pair(call: NodeCall): [Tensor, Tensor] {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  const axis = call.version < 7 ? call.int("axis") : undefined;
  if (axis === undefined) return [a, b];
  const at = call.axis(axis, a.rank);
  const behind = a.rank - at - b.rank;
  if (behind < 0) throw call.fail(`input 1 with ${b.rank} axes does not fit behind axis ${axis} of input 0`);
  return [a, o.reshape(b, [...b.shape, ...new Array<number>(behind).fill(1)])];
}

function binary(fn: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (call) => fn(...pair(call));
}

function binaryArithmetic(fn: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (call) => arithmetic(call, fn(...pair(call)));
}

/** Any number of operands. */
function variadic(fn: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (call) => arithmetic(call, call.tensors().reduce(fn));
}

/** ⌊a / b⌋ towards zero; float32 division is off by one at most, where a quotient is large. */
export function divideWhole(a: Tensor, b: Tensor): Tensor {
  const quotient = o.cast(o.div(a, b), "int32");
  const rest = o.sub(a, o.mul(quotient, b));
  const step = o.mul(o.sign(a), o.sign(b));
  const tooLarge = o.less(o.mul(rest, o.sign(a)), 0);
  const tooSmall = o.greaterEqual(o.mul(rest, o.sign(a)), o.abs(b));
  return o.add(quotient, o.where(tooLarge, o.neg(step), o.where(tooSmall, step, 0)));
}

function divide(a: Tensor, b: Tensor): Tensor {
  return isFloating(a.dtype) ? o.div(a, b) : divideWhole(a, b);
}

function modulo(call: NodeCall): Result {
  const [a, b] = pair(call);
  const truncated = call.int("fmod", 0) === 1;
  if (!isFloating(a.dtype)) {
    const rest = o.sub(a, o.mul(divideWhole(a, b), b));
    const other = o.logicalAnd(o.notEqual(rest, 0), o.less(o.mul(o.sign(rest), o.sign(b)), 0));
    return truncated ? rest : o.where(other, o.add(rest, b), rest);
  }
  const quotient = o.div(a, b);
  const whole = truncated ? o.mul(o.sign(quotient), o.floor(o.abs(quotient))) : o.floor(quotient);
  return o.sub(a, o.mul(whole, b));
}

function power(call: NodeCall): Result {
  const [a, b] = pair(call);
  const result = powerOf(a, b, call.value(1).constant);
  return arithmetic(call, isFloating(a.dtype) ? result : o.cast(roundHalfEven(result), "int32"));
}

/** aᵇ; a small whole exponent that is known needs no logarithm, and has a gradient also where a is negative. */
function powerOf(a: Tensor, b: Tensor, known: ArrayLike<number> | undefined): Tensor {
  const exponent = b.size === 1 ? known?.[0] : undefined;
  const fits = a.rank >= b.rank && isFloating(a.dtype);
  if (fits && exponent === 2) return o.square(a);
  if (fits && exponent === 3) return o.mul(a, o.square(a));
  if (fits && exponent === 0.5) return o.sqrt(a);
  return o.pow(a, b);
}

/** The nearest whole number, of two the even one. */
export function roundHalfEven(x: Tensor): Tensor {
  const below = o.floor(x);
  const rest = o.sub(x, below);
  const odd = o.notEqual(o.mul(o.floor(o.mul(below, 0.5)), 2), below);
  const up = o.logicalOr(o.greater(rest, 0.5), o.logicalAnd(o.equal(rest, 0.5), odd));
  return o.add(below, o.cast(up, x.dtype));
}

export function ceil(x: Tensor): Tensor {
  return o.neg(o.floor(o.neg(x)));
}

function wholeOr(fn: (x: Tensor) => Tensor): Operator {
  return unary((x) => (isFloating(x.dtype) ? fn(x) : x));
}

function isInfinite(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const above = call.int("detect_positive", 1) === 1;
  const below = call.int("detect_negative", 1) === 1;
  if (above && below) return o.equal(o.abs(x), Number.POSITIVE_INFINITY);
  if (!above && !below) return o.zeros(x.shape, "bool");
  return o.equal(x, above ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
}

/** Times or divided by a power of two, in unsigned whole numbers. */
function shift(call: NodeCall): Result {
  const [x, places] = [call.tensor(0), call.tensor(1)];
  const factor = o.cast(roundHalfEven(o.pow(o.full([], 2), places)), "int32");
  const left = call.oneOf("direction", ["LEFT", "RIGHT"], "LEFT") === "LEFT";
  return arithmetic(call, left ? o.mul(x, factor) : divideWhole(x, factor));
}

export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Identity: (call) => call.value(0),
  Abs: (call) => arithmetic(call, o.abs(call.tensor(0))),
  Neg: (call) => arithmetic(call, o.neg(call.tensor(0))),
  Sign: unary(o.sign),
  Floor: wholeOr(o.floor),
  Ceil: wholeOr(ceil),
  Round: wholeOr(roundHalfEven),
  Reciprocal: unary((x) => o.div(1, x)),
  Sqrt: unary(o.sqrt),
  Exp: unary(o.exp),
  Log: unary(o.log),
  Erf: unary(o.erf),
  Add: binaryArithmetic(o.add),
  Sub: binaryArithmetic(o.sub),
  Mul: binaryArithmetic(o.mul),
  Div: binaryArithmetic(divide),
  Pow: power,
  Mod: modulo,
  BitShift: shift,
  Max: variadic(o.maximum),
  Min: variadic(o.minimum),
  Sum: variadic(o.add),
  Mean: (call) => arithmetic(call, o.div(call.tensors().reduce(o.add), call.inputs.length)),
  Equal: binary(o.equal),
  Less: binary(o.less),
  LessOrEqual: binary(o.lessEqual),
  Greater: binary(o.greater),
  GreaterOrEqual: binary(o.greaterEqual),
  And: binary(o.logicalAnd),
  Or: binary(o.logicalOr),
  Xor: binary(o.notEqual),
  Not: unary(o.logicalNot),
  IsNaN: unary((x) => o.notEqual(x, x)),
  IsInf: isInfinite,
  Where: (call) => call.valueOf(o.where(call.tensor(0), call.tensor(1), call.tensor(2))),
};
