import { apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, maximum, mul, neg, sub } from "./arithmetic.ts";
import { expand } from "./expand.ts";
import { softplus } from "./exponential-units.ts";
import type { TensorLike } from "./like.ts";
import { log, log1p } from "./math.ts";
import { asReals } from "./real.ts";
import { checkTarget, type ReductionOptions, reduceLoss } from "./reduce-loss.ts";

/** Logarithms of probabilities are taken as no less than this, so that the loss of a sure mistake is finite. */
const leastLog = -100;

/** Inputs probability and target of one shape. */
const binaryCrossEntropyOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "binaryCrossEntropy",
  shape: ([p]) => p!,
  reference: ([p, target], _, out) => {
    for (let i = 0; i < out.data.length; i++) {
      const t = target!.data[i]!;
      const hit = Math.max(Math.log(p!.data[i]!), leastLog);
      const miss = Math.max(Math.log1p(-p!.data[i]!), leastLog);
      out.data[i] = -(t * hit + (1 - t) * miss);
    }
  },
  decompose: ([p, t]) => {
    const hit = maximum(log(p!), leastLog);
    const miss = maximum(log1p(neg(p!)), leastLog);
    return neg(add(mul(t!, hit), mul(sub(1, t!), miss)));
  },
  // (p − t) / (p (1 − p)), with a divisor that stays away from 0.
  vjp: ({ inputs: [p, t], gradient, needs }) => [
    needs(0) ? mul(gradient, div(sub(p!, t!), maximum(mul(p!, sub(1, p!)), 1e-12))) : undefined,
    needs(1) ? mul(gradient, sub(maximum(log1p(neg(p!)), leastLog), maximum(log(p!), leastLog))) : undefined,
  ],
  examples: (draw) => {
    const shape = draw.shape(2, 5);
    return {
      inputs: [
        { shape, range: [0.1, 0.9] },
        { shape, range: [0, 1] },
      ],
      attrs: {},
    };
  },
});

export interface BinaryLossOptions extends ReductionOptions {
  /** A factor for each element's loss; broadcasts to the input. */
  readonly weight?: TensorLike;
}

/** −(t ln p + (1 − t) ln(1 − p)) of probabilities p and targets t in [0, 1]; logarithms are no less than −100. */
export function binaryCrossEntropy(
  input: TensorLike,
  target: TensorLike,
  options: BinaryLossOptions = {},
): Tensor {
  const [p, t] = asReals(input, target);
  checkTarget("binaryCrossEntropy", p, t);
  return finish("binaryCrossEntropy", apply(binaryCrossEntropyOp, [p, t], {}), options);
}

/**
 * Binary cross-entropy of sigmoid(x), from the logits x: posWeight · t · ln(1 + e⁻ˣ) + (1 − t) · ln(1 + eˣ), finite for
 * every finite x.
 *
 * @param options.posWeight a factor for the loss of positive targets; broadcasts to the input.
 */
export function binaryCrossEntropyWithLogits(
  input: TensorLike,
  target: TensorLike,
  options: BinaryLossOptions & { readonly posWeight?: TensorLike } = {},
): Tensor {
  const [x, t] = asReals(input, target);
  checkTarget("binaryCrossEntropyWithLogits", x, t);
  const missed = softplus(neg(x), { threshold: Number.POSITIVE_INFINITY });
  // (1 − t) x + (1 + (posWeight − 1) t) ln(1 + e⁻ˣ), because ln(1 + eˣ) = x + ln(1 + e⁻ˣ).
  const factor = options.posWeight && add(mul(sub(spread(options.posWeight, x), 1), t), 1);
  const losses = add(mul(sub(1, t), x), factor ? mul(factor, missed) : missed);
  return finish("binaryCrossEntropyWithLogits", losses, options);
}

function spread(factor: TensorLike, to: Tensor): Tensor {
  const [f] = asReals(factor, to);
  return expand(f, to.shape);
}

function finish(op: string, losses: Tensor, { weight, reduction }: BinaryLossOptions): Tensor {
  return reduceLoss(op, weight ? mul(losses, spread(weight, losses)) : losses, reduction);
}
