import { ArgumentError } from "../core/errors.ts";
import type { Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, clamp, mul, square, sub } from "./arithmetic.ts";
import { activate, defineActivation } from "./define-activation.ts";
import { softplus } from "./exponential-units.ts";
import type { TensorLike } from "./like.ts";
import { erf, exp, sigmoid, tanh } from "./math.ts";
import { erf as erf64 } from "./special.ts";

/** "none": with the error function; "tanh": the paper's closed approximation of it. */
export type GeluApproximation = "none" | "tanh";

type GeluAttrs = { readonly approximate: GeluApproximation };

const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

const geluOp: Op<GeluAttrs> = defineActivation({
  name: "gelu",
  scalar: (x, { approximate }) => {
    const inner =
      approximate === "tanh" ? Math.tanh(tanhScale * (x + tanhCubic * x ** 3)) : erf64(x / Math.SQRT2);
    return 0.5 * x * (1 + inner);
  },
  decompose: (x, { approximate }) => {
    const inner = approximate === "tanh" ? tanh(tanhArgument(x)) : erf(mul(x, Math.SQRT1_2));
    return mul(mul(x, 0.5), add(inner, 1));
  },
  vjp: ({ x, gradient, attrs }) => {
    if (attrs.approximate === "none") {
      // Φ(x) + x φ(x), with the standard normal distribution and its density.
      const distribution = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
      const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return mul(gradient, add(distribution, mul(x, density)));
    }
    const t = tanh(tanhArgument(x));
    const slope = mul(add(mul(square(saturated(x)), 3 * tanhCubic), 1), tanhScale);
    const first = mul(add(t, 1), 0.5);
    return mul(gradient, add(first, mul(mul(mul(x, 0.5), sub(1, square(t))), slope)));
  },
  settings: (draw) => ({ approximate: draw.pick(["none", "tanh"] as const) }),
});

/** x within ±30, beyond which the hyperbolic tangent below is ±1 anyway: its cube stays finite. */
function saturated(x: Tensor): Tensor {
  return clamp(x, -30, 30);
}

function tanhArgument(x: Tensor): Tensor {
  const c = saturated(x);
  return mul(add(c, mul(mul(square(c), c), tanhCubic)), tanhScale);
}

/**
 * x · Φ(x) with the standard normal distribution Φ (Hendrycks & Gimpel 2016, arXiv:1606.08415).
 *
 * `approximate: "tanh"` gives ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).
 */
export function gelu(x: TensorLike, options: { readonly approximate?: GeluApproximation } = {}): Tensor {
  const { approximate = "none" } = options;
  if (approximate !== "none" && approximate !== "tanh") {
    throw new ArgumentError(`gelu: approximate must be "none" or "tanh", but is "${approximate}"`);
  }
  return activate(geluOp, x, { approximate });
}

const siluOp: Op<Record<string, never>> = defineActivation({
  name: "silu",
  scalar: (x) => (x >= 0 ? x / (1 + Math.exp(-x)) : (x * Math.exp(x)) / (1 + Math.exp(x))),
  decompose: (x) => mul(x, sigmoid(x)),
  vjp: ({ x, gradient }) => {
    const s = sigmoid(x);
    return mul(gradient, mul(s, add(mul(x, sub(1, s)), 1)));
  },
});

/** x · sigmoid(x), also called swish (Ramachandran et al. 2017, arXiv:1710.05941). */
export function silu(x: TensorLike): Tensor {
  return activate(siluOp, x, {});
}

const mishOp: Op<Record<string, never>> = defineActivation({
  name: "mish",
  scalar: (x) => x * Math.tanh(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  decompose: (x) => mul(x, gateOfMish(x)),
  vjp: ({ x, gradient }) => {
    const t = gateOfMish(x);
    return mul(gradient, add(t, mul(mul(x, sub(1, square(t))), sigmoid(x))));
  },
});

function gateOfMish(x: Tensor): Tensor {
  return tanh(softplus(x, { threshold: Number.POSITIVE_INFINITY }));
}

/** x · tanh(ln(1 + eˣ)) (Misra 2019, arXiv:1908.08681). */
export function mish(x: TensorLike): Tensor {
  return activate(mishOp, x, {});
}
