import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { crossEntropy } from "../ops/cross-entropy.ts";
import { checkTargets } from "./metrics.ts";

/** The mean loss of a batch as a scalar; logits are (N, classes, …) and labels int32 (N, …). */
export type LossFunction = (logits: Tensor, labels: Tensor) => Tensor;

export interface LossOptions {
  /** Cross-entropy unless told. */
  readonly loss?: LossFunction;
  /** Of the default loss, in training only; 0 unless told. */
  readonly labelSmoothing?: number;
}

/** The losses to train and to judge with. */
export function chooseLoss({ loss, labelSmoothing }: LossOptions): {
  training: LossFunction;
  evaluation: LossFunction;
} {
  if (loss) {
    if (labelSmoothing === undefined) return { training: loss, evaluation: loss };
    throw new ArgumentError("labelSmoothing belongs to the default loss; a loss of your own does it itself");
  }
  const evaluation: LossFunction = (logits, labels) => {
    checkTargets("crossEntropy", logits, labels);
    return crossEntropy(logits, labels);
  };
  if (labelSmoothing === undefined) return { training: evaluation, evaluation };
  return { training: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing }), evaluation };
}
