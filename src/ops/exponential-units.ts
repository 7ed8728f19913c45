import { ArgumentError } from "../core/errors.ts";
import type { Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, maximum, minimum, mul, neg } from "./arithmetic.ts";
import { greater, where } from "./compare.ts";
import { activate, defineActivation } from "./define-activation.ts";
import type { TensorLike } from "./like.ts";
import { abs, exp, expm1, log1p, sigmoid } from "./math.ts";

type EluAttrs = { readonly alpha: number };

const eluOp: Op<EluAttrs> = defineActivation({
  name: "elu",
  scalar: (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
  // The minimum keeps the exponential of a large x from overflowing where it is not used.
  decompose: (x, { alpha }) => where(greater(x, 0), x, mul(expm1(minimum(x, 0)), alpha)),
  vjp: ({ x, gradient, attrs }) =>
    where(greater(x, 0), gradient, mul(gradient, mul(exp(minimum(x, 0)), attrs.alpha))),
  settings: (draw) => ({ alpha: draw.pick([1, 0.5, 2]) }),
});

/** x where x > 0, else alpha · (eˣ − 1); the derivative at 0 is alpha (Clevert et al. 2015, arXiv:1511.07289). */
export function elu(x: TensorLike, options: { readonly alpha?: number } = {}): Tensor {
  return activate(eluOp, x, { alpha: options.alpha ?? 1 });
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

const seluOp: Op<Record<string, never>> = defineActivation({
  name: "selu",
  scalar: (x) => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)),
  decompose: (x) => mul(elu(x, { alpha: seluAlpha }), seluScale),
});

/** scale · elu(x, alpha), whose fixed point is mean 0 and variance 1 (Klambauer et al. 2017, arXiv:1706.02515). */
export function selu(x: TensorLike): Tensor {
  return activate(seluOp, x, {});
}

type SoftplusAttrs = { readonly beta: number; readonly threshold: number };

const softplusOp: Op<SoftplusAttrs> = defineActivation({
  name: "softplus",
  scalar: (x, { beta, threshold }) => {
    const scaled = beta * x;
    if (scaled > threshold) return x;
    return (Math.max(scaled, 0) + Math.log1p(Math.exp(-Math.abs(scaled)))) / beta;
  },
  decompose: (x, { beta, threshold }) => {
    const scaled = mul(x, beta);
    // ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|): the exponential cannot overflow.
    const smooth = div(add(maximum(scaled, 0), log1p(exp(neg(abs(scaled))))), beta);
    return threshold === Number.POSITIVE_INFINITY ? smooth : where(greater(scaled, threshold), x, smooth);
  },
  vjp: ({ x, gradient, attrs: { beta, threshold } }) => {
    const scaled = mul(x, beta);
    const smooth = mul(gradient, sigmoid(scaled));
    return threshold === Number.POSITIVE_INFINITY
      ? smooth
      : where(greater(scaled, threshold), gradient, smooth);
  },
  settings: (draw) => ({
    beta: draw.pick([1, 0.5, 2]),
    threshold: draw.pick([20, 3, Number.POSITIVE_INFINITY]),
  }),
});

export interface SoftplusOptions {
  /** Steepness; default 1. */
  readonly beta?: number;
  /** Above beta · x = threshold the function is x itself; default 20. */
  readonly threshold?: number;
}

/** ln(1 + exp(beta · x)) / beta, and x itself where beta · x is above the threshold. */
export function softplus(x: TensorLike, options: SoftplusOptions = {}): Tensor {
  const { beta = 1, threshold = 20 } = options;
  if (!(beta !== 0 && Number.isFinite(beta))) {
    throw new ArgumentError(`softplus: beta must be finite and not 0, but is ${beta}`);
  }
  return activate(softplusOp, x, { beta, threshold });
}
