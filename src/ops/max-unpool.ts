import { ShapeError } from "../core/errors.ts";
import { sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { div, maximum } from "./arithmetic.ts";
import { scatterAdd } from "./gather.ts";
import { asTensor, ones, type TensorLike } from "./like.ts";
import { reshape } from "./movement.ts";
import { type PoolOptions, poolAttrs, spatialExtents, withSpatial } from "./pool-geometry.ts";
import { asReal } from "./real.ts";
import { type PerAxis, perAxis } from "./spatial.ts";

export interface MaxUnpoolOptions extends Pick<PoolOptions, "stride" | "padding"> {
  /** Spatial extents of the result, where several lead to the same pooled extents. */
  readonly outputSize?: PerAxis;
}

/**
 * Puts the elements of a max pooling's output back to where they came from, and zeros elsewhere; elements that go to one
 * place (windows that overlap have the same maximum) are averaged.
 *
 * x and indices [N, C, L] or [C, L] → [N, C, out] or [C, out] with out = (L − 1)·stride − 2·padding + K.
 *
 * @throws ShapeError if x and indices differ in shape or the output would be empty.
 * @throws IndexError where an index lies outside the result, when it is computed.
 */
export function maxUnpool1d(
  x: TensorLike,
  indices: TensorLike,
  kernelSize: PerAxis,
  options: MaxUnpoolOptions = {},
): Tensor {
  return maxUnpool("maxUnpool1d", 1, x, indices, kernelSize, options);
}

/** {@link maxUnpool1d} over two spatial axes: x [N, C, H, W] or [C, H, W], indices h · W + w of the result. */
export function maxUnpool2d(
  x: TensorLike,
  indices: TensorLike,
  kernelSize: PerAxis,
  options: MaxUnpoolOptions = {},
): Tensor {
  return maxUnpool("maxUnpool2d", 2, x, indices, kernelSize, options);
}

/** {@link maxUnpool1d} over three spatial axes: x [N, C, D, H, W] or [C, D, H, W]. */
export function maxUnpool3d(
  x: TensorLike,
  indices: TensorLike,
  kernelSize: PerAxis,
  options: MaxUnpoolOptions = {},
): Tensor {
  return maxUnpool("maxUnpool3d", 3, x, indices, kernelSize, options);
}

function maxUnpool(
  op: string,
  rank: number,
  x: TensorLike,
  indices: TensorLike,
  kernelSize: PerAxis,
  options: MaxUnpoolOptions,
): Tensor {
  const [t, index] = [asReal(x), asTensor(indices)];
  const extent = spatialExtents(op, t.shape, rank);
  if (!sameShape(t.shape, index.shape)) {
    throw new ShapeError(op, "x and indices differ in shape", { x: t.shape, indices: index.shape });
  }
  const { kernel, stride, padding } = poolAttrs(op, rank, kernelSize, options);
  const size =
    options.outputSize !== undefined
      ? perAxis(op, "outputSize", options.outputSize, rank, 1)
      : extent.map((n, a) => (n - 1) * stride[a]! - padding[a]![0] - padding[a]![1] + kernel[a]!);
  if (size.some((n) => n < 1)) {
    throw new ShapeError(op, `output would be empty: its extents would be ${size.join("×")}`, { x: t.shape });
  }
  const flat = [...t.shape.slice(0, -rank), sizeOf(extent)];
  const at = reshape(index, flat);
  const total = scatterAdd(reshape(t, flat), at, -1, sizeOf(size));
  const overlap = stride.some((s, a) => s < kernel[a]!);
  const count = overlap ? maximum(scatterAdd(ones(flat, t.dtype), at, -1, sizeOf(size)), 1) : undefined;
  return reshape(count ? div(total, count) : total, withSpatial(t.shape, size));
}
