import { isFloating } from "../../../core/dtype.ts";
import { sizeOf } from "../../../core/shape.ts";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import { slidingWindows } from "../../../ops/window.ts";
import type { NodeCall, Operator, Result } from "../node-call.ts";
import { Value } from "../value.ts";
import { int32Range } from "./activations.ts";
import { perAxis, sidesOf, type Windows, windowsOf } from "./windows.ts";

function poolingWindows(call: NodeCall, x: Tensor): Windows {
  const kernel = call.ints("kernel_shape");
  if (!kernel) throw call.fail("kernel_shape is missing");
  return windowsOf(call, x.shape.slice(2), kernel);
}

/** The axes of a window's taps, which come last. */
function tapAxes({ kernel }: Windows): number[] {
  return kernel.map((_, a) => a - kernel.length);
}

function maxPool(call: NodeCall): Result[] {
  const x = call.tensor(0);
  const windows = poolingWindows(call, x);
  const fill = isFloating(x.dtype) ? Number.NEGATIVE_INFINITY : int32Range[0];
  const taken = slidingWindows(x, { ...windows, fill });
  const largest = o.max(taken, tapAxes(windows));
  if (!call.wants(1)) return [largest];
  return [largest, Value.of(takenFrom(call, x, windows, taken), "int64")];
}

/** Where in the whole of x each window's largest element is; by columns with storage_order 1. */
function takenFrom(call: NodeCall, x: Tensor, windows: Windows, taken: Tensor): Tensor {
  const extent = x.shape.slice(2);
  const [images, taps] = [x.shape.slice(0, 2), sizeOf(windows.kernel)];
  const order = extent.map((_, a) => a);
  const numbers = o.reshape(
    o.iota(sizeOf(extent)),
    call.int("storage_order", 0) === 1 ? extent.toReversed() : extent,
  );
  const positions = call.int("storage_order", 0) === 1 ? o.permute(numbers, order.toReversed()) : numbers;
  const out = [...images, ...windows.size];
  const best = o.argmax(o.reshape(taken, [...out, taps]), -1, { keepDims: true });
  const candidates = o.reshape(slidingWindows(positions, { ...windows, fill: 0 }), [...windows.size, taps]);
  const inImage = o.squeeze(o.gather(o.expand(candidates, [...out, taps]), best, -1), -1);
  const image = o.reshape(o.iota(sizeOf(images)), [...images, ...extent.map(() => 1)]);
  return o.add(inImage, o.mul(image, sizeOf(extent)));
}

/** How many taps of each window count: those on elements, or also those on the padding. */
function tapCounts(extent: readonly number[], windows: Windows, withPadding: boolean): Float32Array {
  const { kernel, stride, dilation, padding, size } = windows;
  let counts = [1];
  size.forEach((n, a) => {
    const [low, high] = padding[a]!;
    const [first, end] = withPadding ? [-low, extent[a]! + high] : [0, extent[a]!];
    const along = Array.from({ length: n }, (_, w) => {
      const start = w * stride[a]! - low;
      const taps = Array.from({ length: kernel[a]! }, (__, k) => start + k * dilation[a]!);
      return taps.filter((at) => at >= first && at < end).length;
    });
    counts = counts.flatMap((outer) => along.map((inner) => outer * inner));
  });
  return Float32Array.from(counts);
}

function averagePool(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const windows = poolingWindows(call, x);
  const total = o.sum(slidingWindows(x, { ...windows, fill: 0 }), tapAxes(windows));
  const counts = tapCounts(x.shape.slice(2), windows, call.int("count_include_pad", 0) === 1);
  const uniform = counts.every((count) => count === counts[0]);
  return o.div(total, uniform ? counts[0]! : tensor(counts, { shape: windows.size }));
}

/** (Σ |x|ᵖ)^(1/p) over axes. */
export function powerNorm(x: Tensor, p: number, axes: readonly number[], keepDims = false): Tensor {
  if (p === 1) return o.sum(o.abs(x), axes, { keepDims });
  if (p === 2) return o.sqrt(o.sum(o.square(x), axes, { keepDims }));
  return o.pow(o.sum(o.pow(o.abs(x), p), axes, { keepDims }), 1 / p);
}

function lpPool(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const windows = poolingWindows(call, x);
  const taps = slidingWindows(x, { ...windows, fill: 0 });
  return powerNorm(taps, call.int("p", 2), tapAxes(windows));
}

/**
 * Over all positions; the spatial axes stay with extent 1. They are one axis while they are reduced, so that every
 * channel's sum has its terms in the same order: channels that are equal stay equal, to the last bit.
 */
function global(reduce: (x: Tensor, axes: readonly number[], call: NodeCall) => Tensor): Operator {
  return (call) => {
    const x = call.tensor(0);
    const images = x.shape.slice(0, 2);
    const reduced = reduce(o.reshape(x, [...images, sizeOf(x.shape.slice(2))]), [2], call);
    return o.reshape(reduced, [...images, ...x.shape.slice(2).map(() => 1)]);
  };
}

/** Puts elements to places in the whole of the result, and zeros elsewhere. */
function maxUnpool(call: NodeCall): Tensor {
  const [x, positions] = [call.tensor(0), call.tensor(1)];
  const kernel = call.ints("kernel_shape");
  if (!kernel) throw call.fail("kernel_shape is missing");
  const rank = kernel.length;
  const stride = perAxis(call, "strides", rank);
  const padding = sidesOf(call, call.ints("pads"), rank);
  const natural = kernel.map(
    (k, a) => (x.shape[a + 2]! - 1) * stride[a]! + k - padding[a]![0] - padding[a]![1],
  );
  const shape = [...x.shape.slice(0, 2), ...natural];
  const wanted = call.optionalNumbers(2, "the output's shape") ?? shape;
  // Positions count in the natural shape, which lies in the first corner of the wanted one.
  const line = o.scatterAdd(o.reshape(x, [x.size]), o.reshape(positions, [x.size]), 0, sizeOf(shape));
  const widths = wanted.map((extent, axis) => [0, extent - shape[axis]!]);
  return o.pad(o.reshape(line, shape), widths.toReversed().flat());
}

const keepDims = { keepDims: true } as const;

export const poolingOperators: Readonly<Record<string, Operator>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  MaxUnpool: maxUnpool,
  GlobalMaxPool: global((x, axes) => o.max(x, axes, keepDims)),
  GlobalAveragePool: global((x, axes) => o.mean(x, axes, keepDims)),
  GlobalLpPool: global((x, axes, call) => powerNorm(x, call.int("p", 2), axes, true)),
};
