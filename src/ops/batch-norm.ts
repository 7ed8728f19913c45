import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op, type TensorSpec } from "../core/op.ts";
import { sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, mul, sub } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
import { sqrt } from "./math.ts";
import { reshape } from "./movement.ts";
import {
  type AffineOptions,
  affineOperands,
  type EpsAttrs,
  moments,
  referenceNormalization,
  standardize,
} from "./normalize.ts";
import { asReal, asReals } from "./real.ts";
import { sum } from "./reduce.ts";

/** All axes but the channels'. */
function batchAxes(x: TensorSpec): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
}

/** One value per channel, laid along axis 1 of x. */
function perChannel(values: Tensor, x: TensorSpec): Tensor {
  return reshape(
    values,
    x.shape.map((extent, axis) => (axis === 1 ? extent : 1)),
  );
}

function checkChannels(op: string, x: TensorSpec, perChannel: Readonly<Record<string, TensorSpec>>): void {
  const fits = Object.values(perChannel).every(({ shape }) => sameShape(shape, [x.shape[1]!]));
  if (x.shape.length >= 2 && fits) return;
  throw new ShapeError(
    op,
    x.shape.length < 2
      ? "x has no channel axis"
      : `there must be one value for each of ${x.shape[1]} channels`,
    Object.fromEntries(Object.entries({ x, ...perChannel }).map(([name, { shape }]) => [name, shape])),
  );
}

function channelOf(x: TensorSpec): (i: number) => number {
  const inner = sizeOf(x.shape.slice(2));
  return (i) => Math.floor(i / inner) % x.shape[1]!;
}

const batchNormOp: Op<EpsAttrs> = defineOp<EpsAttrs>({
  name: "batchNorm",
  shape: ([x, weight, bias]) => {
    checkChannels("batchNorm", x!, { weight: weight!, bias: bias! });
    return x!;
  },
  reference: (inputs, { eps }, out) => {
    const channel = channelOf(out);
    referenceNormalization(inputs, out, eps, channel, channel);
  },
  decompose: ([x, weight, bias], { eps }) => {
    const { normalized } = standardize(x!, batchAxes(x!), eps);
    return add(mul(normalized, perChannel(weight!, x!)), perChannel(bias!, x!));
  },
  // dw = Σ g x̂, db = Σ g, dx = w s (g − (db + x̂ dw) / n): no sums but those two.
  vjp: ({ inputs: [x, weight], gradient, attrs: { eps }, needs }) => {
    const axes = batchAxes(x!);
    const { normalized, scale } = standardize(x!, axes, eps);
    const biasGradient = sum(gradient, axes);
    const weightGradient = sum(mul(gradient, normalized), axes);
    const drift = add(perChannel(biasGradient, x!), mul(normalized, perChannel(weightGradient, x!)));
    const count = x!.size / x!.shape[1]!;
    const centred = sub(gradient, div(drift, count));
    return [
      needs(0) ? mul(mul(scale, perChannel(weight!, x!)), centred) : undefined,
      weightGradient,
      biasGradient,
    ];
  },
  examples: (draw) => {
    const channels = draw.int(1, 4);
    const shape = [draw.int(2, 4), channels, ...draw.shape(draw.int(0, 2), 3)];
    return {
      inputs: [{ shape }, { shape: [channels] }, { shape: [channels] }],
      attrs: { eps: draw.pick([1e-2, 0.1]) },
    };
  },
});

/**
 * (x − μ) / √(σ² + eps) · weight + bias, with mean and biased variance of each channel over the batch and all positions:
 * the training form (Ioffe & Szegedy 2015, arXiv:1502.03167).
 *
 * @param x of shape [N, C, …]; weight and bias of shape [C].
 * @throws ShapeError if a channel has one value alone: its variance is no statistic.
 */
export function batchNorm(x: TensorLike, options: AffineOptions = {}): Tensor {
  const { inputs, eps } = affineOperands(x, (t) => [t.shape[1] ?? 1], options);
  const [t] = inputs;
  if (t.rank >= 2 && t.size === t.shape[1]) {
    throw new ShapeError(
      "batchNorm",
      "a batch with one value per channel has no variance",
      { x: t.shape },
      "take a larger batch, or evaluation mode",
    );
  }
  return apply(batchNormOp, inputs, { eps });
}

/** Mean and biased variance, each [C], of every channel of x: [N, C, …]; `batchNorm` of the same x computes them once. */
export function batchStatistics(x: TensorLike): { mean: Tensor; variance: Tensor } {
  const t = asReal(x);
  checkChannels("batchStatistics", t, {});
  const { mean, variance } = moments(t, batchAxes(t));
  return { mean: reshape(mean, [t.shape[1]!]), variance: reshape(variance, [t.shape[1]!]) };
}

/** Inputs x, mean, variance, weight, bias. */
const batchNormInferenceOp: Op<EpsAttrs> = defineOp<EpsAttrs>({
  name: "batchNormInference",
  shape: ([x, mean, variance, weight, bias]) => {
    checkChannels("batchNormInference", x!, {
      mean: mean!,
      variance: variance!,
      weight: weight!,
      bias: bias!,
    });
    return x!;
  },
  reference: ([x, mean, variance, weight, bias], { eps }, out) => {
    const channel = channelOf(out);
    for (let i = 0; i < out.data.length; i++) {
      const c = channel(i);
      const scale = weight!.data[c]! / Math.sqrt(variance!.data[c]! + eps);
      out.data[i] = (x!.data[i]! - mean!.data[c]!) * scale + bias!.data[c]!;
    }
  },
  decompose: ([x, mean, variance, weight, bias], { eps }) => {
    const scale = div(weight!, sqrt(add(variance!, eps)));
    const centred = sub(x!, perChannel(mean!, x!));
    return add(mul(centred, perChannel(scale, x!)), perChannel(bias!, x!));
  },
  examples: (draw) => {
    const channels = draw.int(1, 4);
    const shape = [draw.int(1, 3), channels, ...draw.shape(draw.int(0, 2), 3)];
    const vector = { shape: [channels] };
    return {
      inputs: [{ shape }, vector, { ...vector, range: [0.2, 2] }, vector, vector],
      attrs: { eps: draw.pick([1e-5, 0.1]) },
    };
  },
});

export interface RunningStatistics {
  readonly mean: TensorLike;
  readonly variance: TensorLike;
}

/** (x − mean) / √(variance + eps) · weight + bias with given statistics of each channel: the evaluation form. */
export function batchNormInference(
  x: TensorLike,
  statistics: RunningStatistics,
  options: AffineOptions = {},
): Tensor {
  const { inputs, eps } = affineOperands(x, (t) => [t.shape[1] ?? 1], options);
  const [t, weight, bias] = inputs;
  const operands = asReals(t, statistics.mean, statistics.variance, weight, bias);
  return apply(batchNormInferenceOp, operands, { eps });
}
