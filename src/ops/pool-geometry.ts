import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { type Padding, type PerAxis, perAxis, sidesPerAxis } from "./spatial.ts";
import { reach, type WindowGeometry, type WindowSettings } from "./window-geometry.ts";

export interface PoolOptions {
  /** Default: the kernel's size, so that windows do not overlap. */
  readonly stride?: PerAxis;
  /** Default 0; at most half the kernel. */
  readonly padding?: Padding;
  /** Whether a last window that reaches beyond the padded input counts, if it begins before the end padding. */
  readonly ceilMode?: boolean;
}

export type PoolAttrs = WindowSettings & { readonly ceilMode: boolean };

/**
 * Turns a pooling's options into one entry for each of `rank` spatial axes.
 *
 * @throws ArgumentError naming op and option.
 */
export function poolAttrs(
  op: string,
  rank: number,
  kernelSize: PerAxis,
  options: PoolOptions,
  dilation: PerAxis = 1,
): PoolAttrs {
  const kernel = perAxis(op, "kernelSize", kernelSize, rank, 1);
  const padding = sidesPerAxis(op, "padding", options.padding ?? 0, rank);
  padding.forEach((sides, axis) => {
    if (sides.every((side) => side <= kernel[axis]! / 2)) return;
    throw new ArgumentError(
      `${op}: padding [${sides.join(", ")}] is more than half the kernel size ${kernel[axis]}`,
    );
  });
  return {
    kernel,
    stride: perAxis(op, "stride", options.stride ?? kernel, rank, 1),
    padding,
    dilation: perAxis(op, "dilation", dilation, rank, 1),
    ceilMode: options.ceilMode ?? false,
  };
}

/**
 * The windows of a pooling over the last axes of x.
 *
 * @throws ShapeError if x has no channel axis or the output would be empty.
 */
export function poolGeometry(op: string, x: Shape, attrs: PoolAttrs): WindowGeometry {
  const extent = spatialExtents(op, x, attrs.kernel.length);
  const { kernel, stride, padding, dilation, ceilMode } = attrs;
  const size = extent.map((n, a) => {
    const [low, high] = padding[a]!;
    const room = (n + low + high - reach(kernel[a]!, dilation[a]!)) / stride[a]!;
    if (room < 0) return 0;
    if (!ceilMode) return Math.floor(room) + 1;
    const last = Math.ceil(room);
    return last * stride[a]! < n + low ? last + 1 : last;
  });
  if (size.includes(0) || extent.includes(0)) {
    const reached = kernel.map((k, a) => reach(k, dilation[a]!));
    throw new ShapeError(
      op,
      "output would be empty: the window is larger than the padded input",
      { x, window: reached, padding: padding.map(([low, high]) => low + high) },
      "use a larger input or a smaller kernel",
    );
  }
  return { kernel, stride, padding, dilation, extent, size };
}

/** The last `rank` extents of [N, C, ...S] or [C, ...S]. */
export function spatialExtents(op: string, x: Shape, rank: number): number[] {
  if (x.length !== rank + 1 && x.length !== rank + 2) {
    throw new ShapeError(
      op,
      `input must have ${rank + 2} axes, or ${rank + 1} without a batch, but has ${x.length}`,
      { x },
    );
  }
  return x.slice(-rank);
}

/** x's shape with other extents for its last axes. */
export function withSpatial(x: Shape, size: readonly number[]): number[] {
  return [...x.slice(0, x.length - size.length), ...size];
}

/** The last `count` axes of a tensor, counted from its end. */
export function lastAxes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i - count);
}
