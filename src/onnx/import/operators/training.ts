import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator } from "../node-call.ts";

interface ClassLoss {
  readonly weight?: Tensor;
  readonly ignoreIndex?: number;
  readonly reduction: "none" | "mean" | "sum";
}

function classLoss(call: NodeCall): ClassLoss {
  const [weight, ignoreIndex] = [call.optional(2), call.int("ignore_index")];
  return {
    ...(weight && { weight }),
    ...(ignoreIndex !== undefined && { ignoreIndex }),
    reduction: call.oneOf("reduction", ["none", "mean", "sum"], "mean"),
  };
}

/** What the inputs behind rate and step are: one of each kind for every tensor that is optimized. */
function columns(call: NodeCall, kinds: number): Tensor[][] {
  const rest = call.tensors().slice(2);
  const count = rest.length / kinds;
  if (!Number.isInteger(count)) throw call.fail(`${rest.length} inputs are no ${kinds} for each tensor`);
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: kinds }, (__, k) => rest[k * count + i]!),
  );
}

/** Gives all first results, then all second ones, and so on. */
function transposed(results: readonly (readonly Tensor[])[]): Tensor[] {
  return (results[0] ?? []).flatMap((_, k) => results.map((row) => row[k]!));
}

/** The gradient with the derivative of a squared norm added. */
function regularized(call: NodeCall, x: Tensor, gradient: Tensor): Tensor {
  return o.add(o.mul(x, call.float("norm_coefficient", 0)), gradient);
}

function adagrad(call: NodeCall): Tensor[] {
  const [rate, step] = [call.tensor(0), o.cast(call.tensor(1), "float32")];
  const r = o.div(rate, o.add(1, o.mul(step, call.float("decay_factor", 0))));
  const update = ([x, gradient, squares]: readonly Tensor[]): Tensor[] => {
    const g = regularized(call, x!, gradient!);
    const h = o.add(squares!, o.square(g));
    return [o.sub(x!, o.div(o.mul(r, g), o.add(o.sqrt(h), call.float("epsilon", 0)))), h];
  };
  return transposed(columns(call, 3).map(update));
}

function momentum(call: NodeCall): Tensor[] {
  const [rate, step] = [call.tensor(0), call.tensor(1)];
  const [alpha, beta] = [call.float("alpha", 0), call.float("beta", 0)];
  const nesterov = call.oneOf("mode", ["standard", "nesterov"], "standard") === "nesterov";
  const damping = o.where(o.greater(step, 0), o.full([], beta), 1);
  const update = ([x, gradient, velocity]: readonly Tensor[]): Tensor[] => {
    const g = regularized(call, x!, gradient!);
    const v = o.add(o.mul(velocity!, alpha), o.mul(g, damping));
    return [o.sub(x!, o.mul(rate, nesterov ? o.add(g, o.mul(v, alpha)) : v)), v];
  };
  return transposed(columns(call, 3).map(update));
}

function adam(call: NodeCall): Tensor[] {
  const [rate, step] = [call.tensor(0), o.cast(call.tensor(1), "float32")];
  const [alpha, beta] = [call.float("alpha", 0.9), call.float("beta", 0.999)];
  const left = (factor: number): Tensor => o.sub(1, o.pow(o.full([], factor), step));
  const corrected = o.div(o.mul(rate, o.sqrt(left(beta))), left(alpha));
  const r = o.where(o.greater(step, 0), corrected, rate);
  const update = ([x, gradient, mean, squares]: readonly Tensor[]): Tensor[] => {
    const g = regularized(call, x!, gradient!);
    const v = o.add(o.mul(mean!, alpha), o.mul(g, 1 - alpha));
    const h = o.add(o.mul(squares!, beta), o.mul(o.square(g), 1 - beta));
    const moved = o.sub(x!, o.div(o.mul(r, v), o.add(o.sqrt(h), call.float("epsilon", 0))));
    return [o.mul(moved, 1 - call.float("norm_coefficient_post", 0)), v, h];
  };
  return transposed(columns(call, 4).map(update));
}

export const lossOperators: Readonly<Record<string, Operator>> = {
  NegativeLogLikelihoodLoss: (call) => o.nllLoss(call.tensor(0), call.tensor(1), classLoss(call)),
  SoftmaxCrossEntropyLoss: (call) => [
    o.crossEntropy(call.tensor(0), call.tensor(1), classLoss(call)),
    o.logSoftmax(call.tensor(0), 1),
  ],
};

/** Of the domain ai.onnx.preview.training. */
export const optimizerOperators: Readonly<Record<string, Operator>> = {
  Adagrad: adagrad,
  Momentum: momentum,
  Adam: adam,
};
