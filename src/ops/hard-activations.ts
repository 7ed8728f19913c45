import type { Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, clamp, div, mul } from "./arithmetic.ts";
import { less, logicalAnd, where } from "./compare.ts";
import { activate, defineActivation } from "./define-activation.ts";
import type { TensorLike } from "./like.ts";

const hardsigmoidOp: Op<Record<string, never>> = defineActivation({
  name: "hardsigmoid",
  scalar: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
  decompose: (x) => div(clamp(add(x, 3), 0, 6), 6),
  vjp: ({ x, gradient }) => where(logicalAnd(less(-3, x), less(x, 3)), div(gradient, 6), 0),
});

/** min(max(x + 3, 0), 6) / 6; the derivative at −3 and at 3 is 0. */
export function hardsigmoid(x: TensorLike): Tensor {
  return activate(hardsigmoidOp, x, {});
}

const hardswishOp: Op<Record<string, never>> = defineActivation({
  name: "hardswish",
  scalar: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  decompose: (x) => mul(x, div(clamp(add(x, 3), 0, 6), 6)),
  vjp: ({ x, gradient }) => {
    const inside = mul(gradient, add(div(x, 3), 0.5));
    return where(less(-3, x), where(less(x, 3), inside, gradient), 0);
  },
});

/** x · min(max(x + 3, 0), 6) / 6; the derivative at −3 is 0 and at 3 is 1 (Howard et al. 2019, arXiv:1905.02244). */
export function hardswish(x: TensorLike): Tensor {
  return activate(hardswishOp, x, {});
}
