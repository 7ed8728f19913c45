import { ArgumentError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { div } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
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
import { sum } from "./reduce.ts";
import type { PerAxis } from "./spatial.ts";
import { slidingWindows } from "./window.ts";
import { tapsOf, type WindowGeometry } from "./window-geometry.ts";

export interface AvgPoolOptions extends PoolOptions {
  /** Whether elements of the padding count as zeros; default true. What lies beyond the padding never counts. */
  readonly countIncludePad?: boolean;
  /** Divides every window's sum instead of the number of its elements. */
  readonly divisorOverride?: number | undefined;
}

type AvgPoolAttrs = PoolAttrs & {
  readonly countIncludePad: boolean;
  readonly divisor: number | null;
};

/** What each window's sum is divided by, row-major over the windows. */
function divisors(geometry: WindowGeometry, { countIncludePad, divisor }: AvgPoolAttrs): Float64Array {
  const { kernel, stride, padding, extent, size } = geometry;
  if (divisor !== null) return new Float64Array(sizeOf(size)).fill(divisor);
  let counts = [1];
  size.forEach((windows, a) => {
    const [low, high] = padding[a]!;
    const [first, end] = countIncludePad ? [-low, extent[a]! + high] : [0, extent[a]!];
    const along = Array.from({ length: windows }, (_, o) => {
      const start = o * stride[a]! - low;
      return Math.min(start + kernel[a]!, end) - Math.max(start, first);
    });
    counts = counts.flatMap((outer) => along.map((inner) => outer * inner));
  });
  return Float64Array.from(counts);
}

const avgPoolOp: Op<AvgPoolAttrs> = defineOp<AvgPoolAttrs>({
  name: "avgPool",
  shape: ([x], attrs) => ({
    shape: withSpatial(x!.shape, poolGeometry("avgPool", x!.shape, attrs).size),
    dtype: x!.dtype,
  }),
  reference: ([x], attrs, out) => {
    const geometry = poolGeometry("avgPool", x!.shape, attrs);
    const taps = tapsOf(geometry);
    const by = divisors(geometry, attrs);
    const elements = sizeOf(geometry.extent);
    for (let l = 0; l < out.data.length / by.length; l++) {
      for (let t = 0; t < taps.x.length; t++) {
        const o = taps.y[t]!;
        out.data[l * by.length + o]! += x!.data[l * elements + taps.x[t]!]! / by[o]!;
      }
    }
  },
  decompose: ([x], attrs) => {
    const geometry = poolGeometry("avgPool", x!.shape, attrs);
    const { kernel, stride, padding, dilation, size } = geometry;
    const windows = slidingWindows(x!, { kernel, stride, padding, dilation, size, fill: 0 });
    const total = sum(windows, lastAxes(kernel.length));
    const by = divisors(geometry, attrs);
    const uniform = by.every((count) => count === by[0]);
    return div(total, uniform ? by[0]! : tensor(by, { shape: size, dtype: x!.dtype }));
  },
  examples: (draw) => {
    const { shape, attrs } = drawPool(draw, draw.int(1, 2), false);
    const divisor = draw.pick([null, null, 3]);
    return { inputs: [{ shape }], attrs: { ...attrs, countIncludePad: draw.bool(), divisor } };
  },
});

/**
 * y[…, p] = Σ over k of x[…, p·stride − padding + k] / the number of elements in the window.
 *
 * x [N, C, L] or [C, L] → [N, C, out] or [C, out] with out = ⌊(L + 2·padding − K) / stride⌋ + 1, or with ⌈…⌉ in
 * ceilMode.
 *
 * @throws ShapeError if axes do not fit or the output would be empty.
 */
export function avgPool1d(x: TensorLike, kernelSize: PerAxis, options: AvgPoolOptions = {}): Tensor {
  return avgPool("avgPool1d", 1, x, kernelSize, options);
}

/** {@link avgPool1d} over two spatial axes: x [N, C, H, W] or [C, H, W]. */
export function avgPool2d(x: TensorLike, kernelSize: PerAxis, options: AvgPoolOptions = {}): Tensor {
  return avgPool("avgPool2d", 2, x, kernelSize, options);
}

/** {@link avgPool1d} over three spatial axes: x [N, C, D, H, W] or [C, D, H, W]. */
export function avgPool3d(x: TensorLike, kernelSize: PerAxis, options: AvgPoolOptions = {}): Tensor {
  return avgPool("avgPool3d", 3, x, kernelSize, options);
}

/** The average pooling behind {@link avgPool1d} and its kin, for any number of spatial axes. */
export function avgPool(
  op: string,
  rank: number,
  x: TensorLike,
  kernelSize: PerAxis,
  options: AvgPoolOptions = {},
): Tensor {
  const t = asReal(x);
  const { countIncludePad = true, divisorOverride } = options;
  if (divisorOverride !== undefined && !(Number.isFinite(divisorOverride) && divisorOverride !== 0)) {
    throw new ArgumentError(`${op}: divisorOverride must be a number other than 0, not ${divisorOverride}`);
  }
  const settings = poolAttrs(op, rank, kernelSize, options);
  const attrs = { ...settings, countIncludePad, divisor: divisorOverride ?? null };
  poolGeometry(op, t.shape, attrs);
  return apply(avgPoolOp, [t], attrs);
}
