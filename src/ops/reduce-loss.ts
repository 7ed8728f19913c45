import { ArgumentError, ShapeError } from "../core/errors.ts";
import { sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { mean, sum } from "./reduce.ts";

/** What a loss does with the values of its elements: their mean, their sum, or nothing. */
export type Reduction = "mean" | "sum" | "none";

export interface ReductionOptions {
  /** Default "mean". */
  readonly reduction?: Reduction;
}

/**
 * Reduces the elements of a loss.
 *
 * @param average how to take the mean, where it is not that of all elements.
 */
export function reduceLoss(
  op: string,
  losses: Tensor,
  reduction: Reduction = "mean",
  average: (losses: Tensor) => Tensor = mean,
): Tensor {
  if (reduction === "mean") return average(losses);
  if (reduction === "sum") return sum(losses);
  if (reduction === "none") return losses;
  throw new ArgumentError(`${op}: reduction must be "mean", "sum" or "none", but is "${String(reduction)}"`);
}

/** Refuses a target of another shape: broadcasting it would give a loss that nobody means. */
export function checkTarget(op: string, input: Tensor, target: Tensor): void {
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(
    op,
    "input and target must have the same shape",
    { input: input.shape, target: target.shape },
    "reshape the target, or expand it where broadcasting is meant",
  );
}
