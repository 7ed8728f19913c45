import { apply, defineOp, type Op } from "../core/op.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { expand } from "./expand.ts";
import { gather } from "./gather.ts";
import type { TensorLike } from "./like.ts";
import { iota, reshape, squeeze } from "./movement.ts";
import { drawPool } from "./pool-examples.ts";
import {
  lastAxes,
  type PoolAttrs,
  type PoolOptions,
  poolAttrs,
  poolGeometry,
  withSpatial,
} from "./pool-geometry.ts";
import { asReal } from "./real.ts";
import { argmax, max } from "./reduce.ts";
import type { PerAxis } from "./spatial.ts";
import { slidingWindows } from "./window.ts";
import { tapsOf } from "./window-geometry.ts";

export interface MaxPoolOptions extends PoolOptions {
  /** Distance of the kernel's taps; default 1. */
  readonly dilation?: PerAxis;
}

/** The largest elements, and where in the flattened spatial axes of the input they are (int32). */
export interface MaxPoolWithIndices {
  readonly output: Tensor;
  readonly indices: Tensor;
}

const maxPoolOp: Op<PoolAttrs> = defineOp<PoolAttrs>({
  name: "maxPool",
  shape: ([x], attrs) => ({
    shape: withSpatial(x!.shape, poolGeometry("maxPool", x!.shape, attrs).size),
    dtype: x!.dtype,
  }),
  reference: ([x], attrs, out) => {
    out.data.fill(Number.NEGATIVE_INFINITY);
    const geometry = poolGeometry("maxPool", x!.shape, attrs);
    const taps = tapsOf(geometry);
    const [elements, windows] = [sizeOf(geometry.extent), sizeOf(geometry.size)];
    for (let l = 0; l < out.data.length / windows; l++) {
      for (let t = 0; t < taps.x.length; t++) {
        const at = l * windows + taps.y[t]!;
        out.data[at] = Math.max(out.data[at]!, x!.data[l * elements + taps.x[t]!]!);
      }
    }
  },
  decompose: ([x], attrs) => max(windowsOf(x!, attrs), lastAxes(attrs.kernel.length)),
  examples: (draw) => {
    const { shape, attrs } = drawPool(draw, draw.int(1, 2));
    return { inputs: [{ shape }], attrs };
  },
});

/** The elements under each window, and −∞ beside the input. */
function windowsOf(x: Tensor, attrs: PoolAttrs): Tensor {
  const geometry = poolGeometry("maxPool", x.shape, attrs);
  const { kernel, stride, padding, dilation, size } = geometry;
  return slidingWindows(x, { kernel, stride, padding, dilation, size, fill: Number.NEGATIVE_INFINITY });
}

/**
 * y[…, p] = max over k of x[…, p·stride − padding + k·dilation].
 *
 * x [N, C, L] or [C, L] → [N, C, out] or [C, out] with out = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1, or
 * with ⌈…⌉ in ceilMode. The gradient goes to the first of equal elements.
 *
 * @throws ShapeError if axes do not fit or the output would be empty.
 */
export function maxPool1d(x: TensorLike, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool("maxPool1d", 1, x, kernelSize, options);
}

/** {@link maxPool1d} over two spatial axes: x [N, C, H, W] or [C, H, W]. */
export function maxPool2d(x: TensorLike, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool("maxPool2d", 2, x, kernelSize, options);
}

/** {@link maxPool1d} over three spatial axes: x [N, C, D, H, W] or [C, D, H, W]. */
export function maxPool3d(x: TensorLike, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool("maxPool3d", 3, x, kernelSize, options);
}

/** The max pooling behind {@link maxPool1d} and its kin, for any number of spatial axes. */
export function maxPool(
  op: string,
  rank: number,
  x: TensorLike,
  kernelSize: PerAxis,
  options: MaxPoolOptions,
): Tensor {
  const t = asReal(x);
  const attrs = poolAttrs(op, rank, kernelSize, options, options.dilation);
  poolGeometry(op, t.shape, attrs);
  return apply(maxPoolOp, [t], attrs);
}

/** {@link maxPool1d} together with the positions of what it took. */
export function maxPool1dWithIndices(
  x: TensorLike,
  kernelSize: PerAxis,
  options: MaxPoolOptions = {},
): MaxPoolWithIndices {
  return maxPoolWithIndices("maxPool1d", 1, x, kernelSize, options);
}

/** {@link maxPool2d} together with the positions of what it took, h · W + w. */
export function maxPool2dWithIndices(
  x: TensorLike,
  kernelSize: PerAxis,
  options: MaxPoolOptions = {},
): MaxPoolWithIndices {
  return maxPoolWithIndices("maxPool2d", 2, x, kernelSize, options);
}

/** {@link maxPool3d} together with the positions of what it took, (d · H + h) · W + w. */
export function maxPool3dWithIndices(
  x: TensorLike,
  kernelSize: PerAxis,
  options: MaxPoolOptions = {},
): MaxPoolWithIndices {
  return maxPoolWithIndices("maxPool3d", 3, x, kernelSize, options);
}

function maxPoolWithIndices(
  op: string,
  rank: number,
  x: TensorLike,
  kernelSize: PerAxis,
  options: MaxPoolOptions,
): MaxPoolWithIndices {
  const t = asReal(x);
  const output = maxPool(op, rank, t, kernelSize, options);
  const attrs = poolAttrs(op, rank, kernelSize, options, options.dilation);
  const { extent, size, kernel } = poolGeometry(op, t.shape, attrs);
  const taps = sizeOf(kernel);
  const best = argmax(reshape(windowsOf(t, attrs), [...output.shape, taps]), -1, { keepDims: true });
  const { stride, padding, dilation } = attrs;
  const positions = slidingWindows(reshape(iota(sizeOf(extent)), extent), {
    kernel,
    stride,
    padding,
    dilation,
    size,
    fill: 0,
  });
  const candidates = expand(reshape(positions, [...size, taps]), [...output.shape, taps]);
  return { output, indices: squeeze(gather(candidates, best, -1), -1) };
}
