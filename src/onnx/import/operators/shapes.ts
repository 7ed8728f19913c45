import { isFloating } from "../../../core/dtype.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import { isReal, type OnnxType, typeWithCode } from "../../format/data-types.ts";
import type { NodeCall, Operator, Result } from "../node-call.ts";
import { computeType, Value } from "../value.ts";
import { narrowed } from "../wrap.ts";

/** Lists longer than this are not written out one by one. */
const longest = 2 ** 24;

function shapeOf(call: NodeCall): Value {
  const { shape } = call.tensor(0);
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + shape.length : at, 0), shape.length);
  const part = shape.slice(clamp(call.int("start", 0)), clamp(call.int("end", shape.length)));
  return Value.ofNumbers(part, [part.length], "int64");
}

function constant(call: NodeCall): Value {
  const tensor = call.constantTensor("value");
  if (tensor) {
    if (computeType(tensor.type) && tensor.data) return Value.ofConstant(tensor);
    throw call.fail(`elements of type ${tensor.type} are not supported`);
  }
  const [float, floats, int, ints] = [
    call.float("value_float"),
    call.floats("value_floats"),
    call.int("value_int"),
    call.ints("value_ints"),
  ];
  if (float !== undefined) return Value.ofNumbers([float], [], "float32");
  if (int !== undefined) return Value.ofNumbers([int], [], "int64");
  if (floats) return Value.ofNumbers(Float32Array.from(floats), [floats.length], "float32");
  if (ints) return Value.ofNumbers(ints, [ints.length], "int64");
  throw call.fail("texts and sparse tensors are not supported");
}

function constantOfShape(call: NodeCall): Value {
  const shape = requireShape(call, call.numbers(0, "the shape"));
  const given = call.constantTensor("value");
  const value = given ? Value.ofConstant(given) : Value.ofNumbers([0], [1], "float32");
  return Value.of(o.full(shape, value.numbers![0]!, computeType(value.type)!), value.type);
}

/** Extents that some input gives. */
export function requireShape(call: NodeCall, shape: readonly number[]): readonly number[] {
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && size <= 2 ** 31) return shape;
  throw call.fail(`[${shape.slice(0, 16).join(", ")}] is no shape of a tensor`);
}

function range(call: NodeCall): Value {
  const [start, limit, step] = [call.number(0, "start"), call.number(1, "limit"), call.number(2, "delta")];
  const count = Math.max(0, Math.ceil((limit - start) / step));
  if (!(count <= longest)) throw call.fail(`a range from ${start} to ${limit} by ${step} is too long`);
  const { type } = call.value(0);
  const numbers = Float64Array.from({ length: count }, (_, i) => start + i * step);
  return Value.ofNumbers(isReal(type) ? Float32Array.from(numbers) : numbers, [count], type);
}

function castTo(call: NodeCall, type: OnnxType | undefined): Value {
  const dtype = type && computeType(type);
  if (!type || !dtype) throw call.fail(`elements of type ${type ?? call.int("to")} are not supported`);
  const { tensor, constant } = call.value(0);
  // Constants stay constants, and whole ones keep what int32 does not have.
  const small = tensor.size <= 64 && /64|32/.test(type) ? constant : undefined;
  if (small) {
    const numbers = isReal(type) ? Float32Array.from(small) : Array.from(small, Math.trunc);
    return Value.ofNumbers(numbers, tensor.shape, type);
  }
  return narrowed(o.cast(tensor, dtype), type);
}

function eyeLike(call: NodeCall): Value {
  const { shape } = call.value(0);
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw call.fail(`input 0 has ${shape.length} axes, not 2`);
  }
  const code = call.int("dtype");
  const type = code === undefined ? call.value(0).type : typeWithCode(code);
  const dtype = type && computeType(type);
  if (!dtype) throw call.fail(`elements of type ${type ?? code} are not supported`);
  const down = o.reshape(o.iota(rows), [rows, 1]);
  return Value.of(o.cast(o.equal(o.add(down, call.int("k", 0)), o.iota(columns)), dtype), type);
}

function oneHot(call: NodeCall): Result {
  const depth = call.number(1, "depth");
  const given = call.tensor(0);
  const values = call.tensor(2);
  const indices = isFloating(given.dtype) ? o.cast(given, "int32") : given;
  const axis = call.axis(call.int("axis", -1), indices.rank + 1);
  const wrapped = o.where(o.less(indices, 0), o.add(indices, depth), indices);
  const line = new Array<number>(indices.rank + 1).fill(1).with(axis, depth);
  const hot = o.equal(o.unsqueeze(wrapped, axis), o.reshape(o.iota(depth), line));
  const value = (i: number): Tensor => o.reshape(o.narrow(values, 0, i, i + 1), []);
  return Value.of(o.where(hot, value(1), value(0)), call.value(2).type);
}

/** The part of the matrices on or above (below) a diagonal. */
function triangle(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const k = call.has(1) ? call.number(1, "k") : 0;
  const distance = o.sub(o.iota(columns), o.reshape(o.iota(rows), [rows, 1]));
  const inside = call.int("upper", 1) === 1 ? o.greaterEqual(distance, k) : o.lessEqual(distance, k);
  return o.cast(o.where(inside, x, 0), x.dtype);
}

/** Only a condition that is known can choose a graph. */
function choose(call: NodeCall): readonly Result[] {
  const condition = call.number(0, "the condition");
  return call.run(call.graph(condition !== 0 ? "then_branch" : "else_branch"));
}

export const shapeOperators: Readonly<Record<string, Operator>> = {
  Shape: shapeOf,
  Size: (call) => Value.ofNumbers([call.tensor(0).size], [], "int64"),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Cast: (call) => castTo(call, typeWithCode(call.int("to"))),
  CastLike: (call) => castTo(call, call.value(1).type),
  EyeLike: eyeLike,
  OneHot: oneHot,
  Trilu: triangle,
  If: choose,
};
