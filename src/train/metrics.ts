import { ArgumentError, ShapeError } from "../core/errors.ts";
import { sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { equal, less, lessEqual, logicalAnd, logicalNot, logicalOr, where } from "../ops/compare.ts";
import { cast } from "../ops/like.ts";
import { iota, reshape, unsqueeze } from "../ops/movement.ts";
import { argmax, sum } from "../ops/reduce.ts";

/**
 * A number that judges predictions: the program adds something up over each batch, the host adds the batches and divides
 * by the number of targets.
 */
export interface Metric {
  readonly name: string;
  /** The sum over one batch, as a scalar; logits are (N, classes, …) and labels (N, …). */
  total(logits: Tensor, labels: Tensor): Tensor;
}

/** The share of targets whose class has the largest logit; of equal logits the first counts. */
export function accuracy(): Metric {
  return {
    name: "accuracy",
    total: (logits, labels) => {
      checkTargets("accuracy", logits, labels);
      return sum(equal(predictedClasses(logits), labels));
    },
  };
}

/** The share of targets whose class is among the k largest logits; of equal logits the first count. */
export function topK(k: number): Metric {
  if (!Number.isInteger(k) || k < 1)
    throw new ArgumentError(`topK: k must be a positive integer, but is ${k}`);
  const name = `top${k}`;
  return {
    name,
    total: (logits, labels) => {
      checkTargets(name, logits, labels);
      return sum(less(rankOfTarget(logits, labels), k));
    },
  };
}

/** The class with the largest logit: (N, classes, …) to int32 (N, …). */
export function predictedClasses(logits: Tensor): Tensor {
  return argmax(logits, 1);
}

/**
 * How many classes come before the target's when they are ordered by their logits: (N, …).
 *
 * A logit that is NaN comes before every other, so that a broken network is never right.
 */
function rankOfTarget(logits: Tensor, labels: Tensor): Tensor {
  const classes = logits.shape[1]!;
  const index = reshape(iota(classes), [1, classes, ...labels.shape.slice(1).map(() => 1)]);
  const target = unsqueeze(labels, 1);
  const ofTarget = sum(where(equal(index, target), logits, 0), 1, { keepDims: true });
  const larger = logicalNot(lessEqual(logits, ofTarget));
  const equalBefore = logicalAnd(equal(logits, ofTarget), less(index, target));
  return sum(cast(logicalOr(larger, equalBefore), "int32"), 1);
}

/** @throws ShapeError unless the logits are (N, classes, …) for labels (N, …). */
export function checkTargets(name: string, logits: Tensor, labels: Tensor): void {
  if (logits.rank >= 2 && sameShape(labels.shape, logits.shape.toSpliced(1, 1))) return;
  throw new ShapeError(
    name,
    "logits must have the shape of the labels with the classes as axis 1",
    { logits: logits.shape, labels: labels.shape },
    "a model that classifies has the output [N, classes]",
  );
}
