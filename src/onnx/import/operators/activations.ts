import { isFloating } from "../../../core/dtype.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator } from "../node-call.ts";

const lowestInt = -(2 ** 31);
const highestInt = 2 ** 31 - 1;

function clip(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const byAttributes = call.version < 11;
  const low = byAttributes ? call.float("min") : call.optional(1);
  const high = byAttributes ? call.float("max") : call.optional(2);
  const above = low === undefined ? x : o.maximum(x, low);
  return high === undefined ? above : o.minimum(above, high);
}

/** α(eˣ − 1) where x is negative, x elsewhere. */
function exponentialUnit(x: Tensor, alpha: number, scale: number): Tensor {
  const negative = o.mul(o.expm1(o.minimum(o.div(x, scale), 0)), alpha);
  return o.where(o.greater(x, 0), x, negative);
}

/** The slope has a value for each channel of x, or broadcasts to it; before version 7 along axis 1. */
function parametric(call: NodeCall): Tensor {
  const [x, slope] = [call.tensor(0), call.tensor(1)];
  const perChannel = call.version < 7 && slope.rank === 1 && slope.size > 1 && x.rank > 2;
  const factor = perChannel ? o.reshape(slope, [slope.size, ...x.shape.slice(2).map(() => 1)]) : slope;
  return o.where(o.less(x, 0), o.mul(x, factor), x);
}

function shrink(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const [bias, lambd] = [call.float("bias", 0), call.float("lambd", 0.5)];
  const beyond = o.where(o.greater(x, lambd), o.sub(x, bias), 0);
  return o.cast(o.where(o.less(x, -lambd), o.add(x, bias), beyond), x.dtype);
}

function relu(x: Tensor): Tensor {
  return isFloating(x.dtype) ? o.relu(x) : o.minimum(o.maximum(x, 0), highestInt);
}

/** One at the first largest element along an axis; before version 13 along all axes from it on. */
function hardmax(call: NodeCall): Tensor {
  const mark = (x: Tensor, axis: number): Tensor => {
    const best = o.argmax(x, axis, { keepDims: true });
    const positions = x.shape.map((extent, a) => (a === axis ? extent : 1));
    return o.cast(o.equal(o.reshape(o.iota(x.shape[axis]!), positions), best), x.dtype);
  };
  return alongAxis(call, mark);
}

/** Applies a function along `axis` (default the last), or before version 13 along all axes from it (default 1) on. */
function alongAxis(call: NodeCall, fn: (x: Tensor, axis: number) => Tensor): Tensor {
  const x = call.tensor(0);
  const flat = call.version < 13;
  const axis = call.axis(call.int("axis", flat ? 1 : -1), x.rank);
  if (!flat || axis === x.rank - 1) return fn(x, axis);
  const rows = o.reshape(x, [...x.shape.slice(0, axis), -1]);
  return o.reshape(fn(rows, axis), x.shape);
}

export const activationOperators: Readonly<Record<string, Operator>> = {
  Relu: (call) => relu(call.tensor(0)),
  LeakyRelu: (call) => o.leakyRelu(call.tensor(0), { negativeSlope: call.float("alpha", 0.01) }),
  PRelu: parametric,
  Elu: (call) => exponentialUnit(call.tensor(0), call.float("alpha", 1), 1),
  Celu: (call) => {
    const alpha = call.float("alpha", 1);
    return exponentialUnit(call.tensor(0), alpha, alpha);
  },
  Selu: (call) => {
    const alpha = call.float("alpha", 1.6732631921768188);
    return o.mul(exponentialUnit(call.tensor(0), alpha, 1), call.float("gamma", 1.0507010221481323));
  },
  Sigmoid: (call) => o.sigmoid(call.tensor(0)),
  Tanh: (call) => o.tanh(call.tensor(0)),
  Softplus: (call) => o.softplus(call.tensor(0)),
  Softsign: (call) => o.div(call.tensor(0), o.add(1, o.abs(call.tensor(0)))),
  Gelu: (call) => {
    const approximate = call.oneOf("approximate", ["none", "tanh"], "none");
    return o.gelu(call.tensor(0), { approximate });
  },
  HardSigmoid: (call) => {
    const line = o.add(o.mul(call.tensor(0), call.float("alpha", 0.2)), call.float("beta", 0.5));
    return o.clamp(line, 0, 1);
  },
  HardSwish: (call) => o.hardswish(call.tensor(0)),
  Mish: (call) => o.mish(call.tensor(0)),
  Swish: (call) => o.mul(call.tensor(0), o.sigmoid(o.mul(call.tensor(0), call.float("alpha", 1)))),
  ThresholdedRelu: (call) => {
    const x = call.tensor(0);
    return o.where(o.greater(x, call.float("alpha", 1)), x, 0);
  },
  Shrink: shrink,
  Clip: clip,
  Softmax: (call) => alongAxis(call, o.softmax),
  LogSoftmax: (call) => alongAxis(call, o.logSoftmax),
  Hardmax: hardmax,
};

/** The ends of int32, for reductions and paddings that need a neutral element. */
export const int32Range: readonly [low: number, high: number] = [lowestInt, highestInt];
