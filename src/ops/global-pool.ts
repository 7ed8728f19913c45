import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { asTensor, type TensorLike } from "./like.ts";
import { max, mean, type ReduceOptions } from "./reduce.ts";

/**
 * Mean over all spatial axes: x [N, C, ...S] → [N, C], or [N, C, 1, …] with `keepDims`.
 *
 * @throws ShapeError if x has no spatial axis.
 */
export function globalAvgPool(x: TensorLike, options?: ReduceOptions): Tensor {
  return mean(x, spatialAxes("globalAvgPool", asTensor(x)), options);
}

/**
 * Maximum over all spatial axes: x [N, C, ...S] → [N, C], or [N, C, 1, …] with `keepDims`.
 *
 * @throws ShapeError if x has no spatial axis, or no element on one.
 */
export function globalMaxPool(x: TensorLike, options?: ReduceOptions): Tensor {
  return max(x, spatialAxes("globalMaxPool", asTensor(x)), options);
}

function spatialAxes(op: string, x: Tensor): number[] {
  if (x.rank < 3) {
    throw new ShapeError(op, "input must have axes [N, C, ...S]", { x: x.shape });
  }
  return x.shape.map((_, axis) => axis).slice(2);
}
