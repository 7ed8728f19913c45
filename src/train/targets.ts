import { type Tensor, tensor } from "../core/tensor.ts";
import type { Batch } from "../data/batch.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { cast } from "../ops/like.ts";

/** What a batch is judged against, as tensors; λ is one so that no value of it needs a program of its own. */
export interface Targets {
  /** int32 (N, …) */
  readonly labels: Tensor;
  readonly mix?: {
    /** int32 (N, …): of what each sample was mixed with. */
    readonly labels: Tensor;
    /** A float32 scalar: the part that the samples' own labels keep. */
    readonly lambda: Tensor;
  };
}

export function targetsOf({ labels, labelShape, mix }: Batch): Targets {
  const own = tensor(labels, { shape: labelShape });
  if (mix === undefined) return { labels: own };
  const lambda = tensor(Float32Array.of(mix.lambda), { shape: [] });
  return { labels: own, mix: { labels: tensor(mix.labels, { shape: labelShape }), lambda } };
}

/**
 * λ f(labels) + (1 − λ) f(mixed labels) where the batch is mixed, else f(labels).
 *
 * So mixup and CutMix state their loss, and a metric counts a prediction for the part of the sample that it names.
 */
export function judgeBy({ labels, mix }: Targets, f: (labels: Tensor) => Tensor): Tensor {
  if (mix === undefined) return f(labels);
  const [own, other] = [f(labels), f(mix.labels)].map((value) => cast(value, mix.lambda.dtype));
  return add(mul(mix.lambda, own!), mul(sub(1, mix.lambda), other!));
}
