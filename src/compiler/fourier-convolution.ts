import type { Tensor } from "../core/tensor.ts";
import { mul } from "../ops/arithmetic.ts";
import type { ConvWeightGradAttrs } from "../ops/conv-ops.ts";
import type { ConvAttrs } from "../ops/conv-terms.ts";
import { type FourierSlicesAttrs, fourierOutputs, fourierSlices } from "../ops/fourier.ts";
import { matmul } from "../ops/matmul.ts";
import { padConstant, permute, reshape, slice } from "../ops/movement.ts";
import { sum } from "../ops/reduce.ts";
import { reach } from "../ops/window-geometry.ts";
import { tilesOfAxis } from "./fourier-tiles.ts";

type Pair = readonly [y: number, x: number];

const pairOf = (values: readonly number[]): Pair => [values[0]!, values[1]!];

interface Plan {
  readonly tiles: Pair;
  readonly outputs: Pair;
  readonly data: Pick<FourierSlicesAttrs, "tiles" | "step" | "size" | "spacing">;
}

function planOf(
  outputs: readonly number[],
  kernel: readonly number[],
  { stride, dilation }: ConvAttrs,
  transform: Pair,
): Plan {
  const axes = outputs.map((count, axis) =>
    tilesOfAxis(count, reach(kernel[axis]!, dilation[axis]!), stride[axis]!, transform[axis]!),
  );
  const tiles = pairOf(axes.map((axis) => axis.tiles));
  return {
    tiles,
    outputs: pairOf(axes.map((axis) => axis.outputs)),
    data: {
      tiles,
      step: pairOf(axes.map((axis, a) => axis.outputs * stride[a]!)),
      size: pairOf(axes.map((axis) => axis.size)),
      spacing: [1, 1],
    },
  };
}

/**
 * A convolution by Fourier transforms of tiles; see ops/fourier.ts.
 *
 * @param x with its padding.
 * @param extent of the output.
 */
export function fourierConvolution(
  x: Tensor,
  weight: Tensor,
  attrs: ConvAttrs,
  extent: readonly number[],
  transform: Pair,
): Tensor {
  if (extent.length === 1) {
    const y = fourierConvolution(lifted(x), lifted(weight), liftedAttrs(attrs), [1, extent[0]!], transform);
    return reshape(y, y.shape.toSpliced(2, 1));
  }
  const { groups, dilation } = attrs;
  const [outChannels, , ...kernel] = weight.shape as [number, number, number, number];
  const depthwise = weight.shape[1] === 1 && outChannels === groups;
  const parts = depthwise ? 1 : groups;
  const plan = planOf(extent, kernel, attrs, transform);
  const image = inFours(x, parts);
  // Filters as images: one for each input channel, with the output channels as its channels.
  const filters = inFours(permute(inFours(weight, 1, depthwise), [1, 0, 2, 3]), parts);
  const data = fourierSlices(image, { transform, of: "data", groups: parts, ...plan.data });
  const kernels = fourierSlices(filters, {
    transform,
    of: "kernel",
    tiles: [1, 1],
    step: [1, 1],
    size: pairOf(kernel),
    spacing: pairOf(dilation),
    groups: parts,
  });
  const y = fourierOutputs(depthwise ? mul(data, kernels) : matmul(data, kernels), {
    transform,
    of: "outputs",
    tiles: plan.tiles,
    size: plan.outputs,
    spacing: pairOf(attrs.stride),
    batch: x.shape[0]!,
    extent: pairOf(extent),
  });
  return outOfFours(y, outChannels, parts);
}

/**
 * The gradient of a convolution's weight as a convolution of x with the output's gradient, of which tiles are summed up
 * before they are transformed back.
 *
 * @param x with its padding.
 */
export function fourierWeightGrad(
  x: Tensor,
  dy: Tensor,
  attrs: ConvWeightGradAttrs,
  transform: Pair,
): Tensor {
  if (dy.rank === 3) {
    const lift = { ...liftedAttrs(attrs), kernel: [1, ...attrs.kernel] };
    const dw = fourierWeightGrad(lifted(x), lifted(dy), lift, transform);
    return reshape(dw, dw.shape.toSpliced(2, 1));
  }
  const { groups, kernel, stride, dilation } = attrs;
  const [inChannels, outChannels] = [x.shape[1]!, dy.shape[1]!];
  const depthwise = inChannels === groups && outChannels === groups;
  const parts = depthwise ? 1 : groups;
  const plan = planOf(dy.shape.slice(2), kernel, attrs, transform);
  const data = fourierSlices(inFours(x, parts), { transform, of: "data", groups: parts, ...plan.data });
  const gradients = fourierSlices(inFours(dy, parts), {
    transform,
    of: "kernel",
    tiles: plan.tiles,
    step: plan.outputs,
    size: plan.outputs,
    spacing: pairOf(stride),
    groups: parts,
  });
  const sums = depthwise
    ? sum(mul(data, gradients), 2, { keepDims: true })
    : matmul(permute(gradients, [0, 1, 3, 2]), data);
  const dw = fourierOutputs(sums, {
    transform,
    of: "kernels",
    tiles: [1, 1],
    size: pairOf(kernel),
    spacing: pairOf(dilation),
    batch: sums.shape[2]!,
    extent: pairOf(kernel),
  });
  // [filters of a group, groups · channels of a group, ...kernel], both perhaps filled up.
  if (depthwise) return permute(outOfFours(dw, inChannels, 1), [1, 0, 2, 3]);
  const filters = outChannels / groups;
  const trimmed = slice(outOfFours(dw, inChannels, parts), [{ end: filters }, null, null, null]);
  if (groups === 1) return trimmed;
  const split = reshape(trimmed, [filters, groups, inChannels / groups, ...kernel]);
  return reshape(permute(split, [1, 0, 2, 3, 4]), [outChannels, inChannels / groups, ...kernel]);
}

/** Another axis, of extent 1, before the only spatial one. */
function lifted(x: Tensor): Tensor {
  return reshape(x, x.shape.toSpliced(2, 0, 1));
}

function liftedAttrs<A extends ConvAttrs>(attrs: A): A {
  return {
    ...attrs,
    stride: [1, ...attrs.stride],
    dilation: [1, ...attrs.dilation],
    padding: [[0, 0], ...attrs.padding],
  };
}

const upToFours = (count: number): number => Math.ceil(count / 4) * 4;

/** x with zeros after the channels (axis 1) of each group, so that they are vectors of four. */
function inFours(x: Tensor, groups: number, skip = false): Tensor {
  const perGroup = x.shape[1]! / groups;
  const missing = upToFours(perGroup) - perGroup;
  if (skip || missing === 0) return x;
  const [batch, channels, ...extent] = x.shape as [number, number, ...number[]];
  const split = groups === 1 ? x : reshape(x, [batch, groups, channels / groups, ...extent]);
  const none = split.shape.map(() => 0);
  const axis = groups === 1 ? 1 : 2;
  const filled = padConstant(split, { low: none, high: none.with(axis, missing), interior: none, value: 0 });
  return groups === 1 ? filled : reshape(filled, [batch, groups * (perGroup + missing), ...extent]);
}

/** Leaves out what {@link inFours} has added. */
function outOfFours(y: Tensor, channels: number, groups: number): Tensor {
  if (y.shape[1] === channels) return y;
  if (groups === 1) return slice(y, [null, { end: channels }, null, null]);
  const [batch, filled, ...extent] = y.shape as [number, number, ...number[]];
  const split = reshape(y, [batch, groups, filled / groups, ...extent]);
  const kept = slice(split, [null, null, { end: channels / groups }, null, null]);
  return reshape(kept, [batch, channels, ...extent]);
}
