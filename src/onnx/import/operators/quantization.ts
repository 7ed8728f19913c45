import { isFloating } from "../../../core/dtype.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import { type OnnxType, typeWithCode } from "../../format/data-types.ts";
import type { NodeCall, Operator, Result } from "../node-call.ts";
import { Value } from "../value.ts";
import { convolve } from "./convolution.ts";
import { roundHalfEven } from "./elementwise.ts";

const ranges: Readonly<Partial<Record<OnnxType, readonly [low: number, high: number]>>> = {
  uint2: [0, 3],
  int2: [-2, 1],
  uint4: [0, 15],
  int4: [-8, 7],
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** The nearest whole number, zero point added, within what the type holds. */
function saturated(call: NodeCall, x: Tensor, zero: Tensor | undefined, type: OnnxType): Value {
  const range = ranges[type];
  if (!range) throw call.fail(`elements of type ${type} are not supported`);
  const rounded = roundHalfEven(x);
  const moved = zero ? o.add(rounded, o.cast(zero, "float32")) : rounded;
  return Value.of(o.cast(o.clamp(moved, range[0], range[1]), "int32"), type);
}

/** Scales or zero points laid along x: one for all, one for each index of an axis, or one for each block of it. */
function laidAlong(call: NodeCall, values: Tensor, x: Tensor): Tensor {
  if (values.size === 1) return o.reshape(values, []);
  const axis = call.axis(call.int("axis", 1), x.rank);
  if (values.rank === 1)
    return o.reshape(
      values,
      x.shape.map((_, a) => (a === axis ? values.size : 1)),
    );
  const block = call.int("block_size", 0);
  if (values.rank !== x.rank || block < 1) throw call.fail(`scales [${values.shape.join(", ")}] do not fit`);
  const wide = o.expand(o.unsqueeze(values, axis + 1), values.shape.toSpliced(axis + 1, 0, block));
  return o.narrow(
    o.reshape(wide, values.shape.with(axis, values.shape[axis]! * block)),
    axis,
    0,
    x.shape[axis]!,
  );
}

function typeNamed(call: NodeCall, attribute: string): OnnxType | undefined {
  const code = call.int(attribute, 0);
  return code === 0 ? undefined : typeWithCode(code);
}

function quantize(call: NodeCall): Value {
  const [x, scale, zero] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const type = call.inputs[2]?.type ?? typeNamed(call, "output_dtype") ?? "uint8";
  const real = isFloating(x.dtype) ? x : o.cast(x, "float32");
  return saturated(call, o.div(real, laidAlong(call, scale, x)), zero && laidAlong(call, zero, x), type);
}

function dequantize(call: NodeCall): Value {
  const [x, scale, zero] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const centred = zero ? o.sub(x, laidAlong(call, zero, x)) : x;
  const type = typeNamed(call, "output_dtype") ?? call.value(1).type;
  return Value.of(o.mul(o.cast(centred, "float32"), laidAlong(call, scale, x)), type);
}

function quantizeDynamically(call: NodeCall): Result[] {
  const x = call.tensor(0);
  const [low, high] = [o.minimum(o.min(x), 0), o.maximum(o.max(x), 0)];
  const scale = o.div(o.sub(high, low), 255);
  const zero = saturated(call, o.neg(o.div(low, scale)), undefined, "uint8");
  return [saturated(call, o.div(x, scale), zero.tensor, "uint8"), scale, zero];
}

/**
 * A product of whole numbers of 8 bits, with a sum exact up to 2^24 / 255 / 16 terms: float32 sums the upper and the
 * lower four bits of one operand apart.
 */
function exactProduct(a: Tensor, product: (part: Tensor) => Tensor): Tensor {
  const real = o.cast(a, "float32");
  const upper = o.floor(o.mul(real, 1 / 16));
  const lower = o.sub(real, o.mul(upper, 16));
  return o.add(o.mul(o.cast(product(upper), "int32"), 16), o.cast(product(lower), "int32"));
}

function centred(x: Tensor, zero: Tensor | undefined): Tensor {
  return zero ? o.sub(x, zero) : x;
}

/** One value for all, or one for each row of a matrix. */
function perRow(values: Tensor | undefined): Tensor | undefined {
  if (!values || values.size === 1) return values && o.reshape(values, []);
  return values.rank === 1 ? o.unsqueeze(values, 1) : values;
}

function wholeMatmul(a: Tensor, b: Tensor): Tensor {
  return exactProduct(a, (part) => o.matmul(part, o.cast(b, "float32")));
}

/** One value for all, or one for each output channel of filters. */
function perFilter(values: Tensor | undefined, rank: number): Tensor | undefined {
  return (
    values &&
    o.reshape(values, values.size === 1 ? [] : [values.size, ...new Array<number>(rank - 1).fill(1)])
  );
}

function wholeConv(call: NodeCall, x: Tensor, weight: Tensor): Tensor {
  return exactProduct(x, (part) => convolve(call, part, o.cast(weight, "float32")));
}

function convInteger(call: NodeCall): Value {
  const [x, weight] = [call.tensor(0), call.tensor(1)];
  const zero = call.optional(2);
  const y = wholeConv(call, centred(x, zero), centred(weight, perFilter(call.optional(3), weight.rank)));
  return Value.of(y, "int32");
}

function quantizedConv(call: NodeCall): Value {
  const [x, xScale, xZero, weight, scale, zero, yScale, yZero] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
    call.tensor(i),
  ) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const whole = wholeConv(call, centred(x, xZero), centred(weight, perFilter(zero, weight.rank)));
  const bias = call.optional(8);
  const spatial = weight.rank - 2;
  const total = bias
    ? o.add(whole, o.reshape(bias, [bias.size, ...new Array<number>(spatial).fill(1)]))
    : whole;
  const factor = o.div(o.mul(xScale, perFilter(scale, weight.rank - 1)!), yScale);
  return saturated(call, o.mul(o.cast(total, "float32"), factor), yZero, call.value(7).type);
}

function quantizedMatmul(call: NodeCall): Value {
  const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
    call.tensor(i),
  ) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const whole = wholeMatmul(centred(a, perRow(aZero)), centred(b, bZero));
  const factor = o.div(o.mul(perRow(aScale)!, bScale), yScale);
  return saturated(call, o.mul(o.cast(whole, "float32"), factor), yZero, call.value(7).type);
}

export const quantizationOperators: Readonly<Record<string, Operator>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: quantizeDynamically,
  ConvInteger: convInteger,
  MatMulInteger: (call) => {
    const a = centred(call.tensor(0), perRow(call.optional(2)));
    return Value.of(wholeMatmul(a, centred(call.tensor(1), call.optional(3))), "int32");
  },
  QLinearConv: quantizedConv,
  QLinearMatMul: quantizedMatmul,
};
