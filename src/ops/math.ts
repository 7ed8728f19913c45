import type { Tensor } from "../core/tensor.ts";
import { div, mul, neg, square, sub } from "./arithmetic.ts";
import { applyElementwise, applyReal, defineElementwise, type ElementwiseOp } from "./elementwise.ts";
import type { TensorLike } from "./like.ts";
import { erf as erf64 } from "./special.ts";

const expOp: ElementwiseOp = defineElementwise({
  name: "exp",
  arity: 1,
  scalar: Math.exp,
  ranges: [[-3, 3]],
  vjp: ({ output, gradient }) => [mul(gradient, output)],
});

/** eˣ. */
export function exp(x: TensorLike): Tensor {
  return applyReal(expOp, x);
}

const logOp: ElementwiseOp = defineElementwise({
  name: "log",
  arity: 1,
  scalar: Math.log,
  ranges: [[0.2, 5]],
  vjp: ({ inputs: [x], gradient }) => [div(gradient, x!)],
});

/** Natural logarithm. */
export function log(x: TensorLike): Tensor {
  return applyReal(logOp, x);
}

const log1pOp: ElementwiseOp = defineElementwise({
  name: "log1p",
  arity: 1,
  scalar: Math.log1p,
  ranges: [[-0.6, 4]],
  vjp: ({ inputs: [x], gradient }) => [div(gradient, sub(x!, -1))],
});

/** ln(1 + x), exact also near 0. */
export function log1p(x: TensorLike): Tensor {
  return applyReal(log1pOp, x);
}

const expm1Op: ElementwiseOp = defineElementwise({
  name: "expm1",
  arity: 1,
  scalar: Math.expm1,
  ranges: [[-3, 3]],
  vjp: ({ output, gradient }) => [mul(gradient, sub(output, -1))],
});

/** eˣ − 1, exact also near 0. */
export function expm1(x: TensorLike): Tensor {
  return applyReal(expm1Op, x);
}

const sqrtOp: ElementwiseOp = defineElementwise({
  name: "sqrt",
  arity: 1,
  scalar: Math.sqrt,
  ranges: [[0.2, 5]],
  vjp: ({ output, gradient }) => [div(mul(gradient, 0.5), output)],
});

/** √x. */
export function sqrt(x: TensorLike): Tensor {
  return applyReal(sqrtOp, x);
}

const sinOp: ElementwiseOp = defineElementwise({
  name: "sin",
  arity: 1,
  scalar: Math.sin,
  ranges: [[-6, 6]],
  vjp: ({ inputs: [x], gradient }) => [mul(gradient, cos(x!))],
});

/** Sine of x in radians. */
export function sin(x: TensorLike): Tensor {
  return applyReal(sinOp, x);
}

const cosOp: ElementwiseOp = defineElementwise({
  name: "cos",
  arity: 1,
  scalar: Math.cos,
  ranges: [[-6, 6]],
  vjp: ({ inputs: [x], gradient }) => [neg(mul(gradient, sin(x!)))],
});

/** Cosine of x in radians. */
export function cos(x: TensorLike): Tensor {
  return applyReal(cosOp, x);
}

const tanhOp: ElementwiseOp = defineElementwise({
  name: "tanh",
  arity: 1,
  scalar: Math.tanh,
  ranges: [[-3, 3]],
  vjp: ({ output, gradient }) => [mul(gradient, sub(1, square(output)))],
});

/** Hyperbolic tangent. */
export function tanh(x: TensorLike): Tensor {
  return applyReal(tanhOp, x);
}

const sigmoidOp: ElementwiseOp = defineElementwise({
  name: "sigmoid",
  arity: 1,
  scalar: (x) => (x! >= 0 ? 1 / (1 + Math.exp(-x!)) : Math.exp(x!) / (1 + Math.exp(x!))),
  ranges: [[-5, 5]],
  vjp: ({ output, gradient }) => [mul(gradient, mul(output, sub(1, output)))],
});

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(x: TensorLike): Tensor {
  return applyReal(sigmoidOp, x);
}

const erfOp: ElementwiseOp = defineElementwise({
  name: "erf",
  arity: 1,
  scalar: erf64,
  ranges: [[-3, 3]],
  vjp: ({ inputs: [x], gradient }) => [mul(gradient, mul(exp(neg(square(x!))), 2 / Math.sqrt(Math.PI)))],
});

/** The error function, 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: TensorLike): Tensor {
  return applyReal(erfOp, x);
}

const absOp: ElementwiseOp = defineElementwise({
  name: "abs",
  arity: 1,
  scalar: Math.abs,
  vjp: ({ inputs: [x], gradient }) => [mul(gradient, sign(x!))],
});

/** |x|; its derivative at 0 is taken as 0. */
export function abs(x: TensorLike): Tensor {
  return applyElementwise(absOp, x);
}

const signOp: ElementwiseOp = defineElementwise({ name: "sign", arity: 1, scalar: Math.sign });

/** −1, 0 or 1. */
export function sign(x: TensorLike): Tensor {
  return applyElementwise(signOp, x);
}

const floorOp: ElementwiseOp = defineElementwise({
  name: "floor",
  arity: 1,
  scalar: Math.floor,
  ranges: [[-9, 9]],
});

/** The largest whole number not above x. */
export function floor(x: TensorLike): Tensor {
  return applyElementwise(floorOp, x);
}
