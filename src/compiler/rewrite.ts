import type { Attrs } from "../core/op.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { type ConvInputGradAttrs, type ConvWeightGradAttrs, conv, convWeightGrad } from "../ops/conv-ops.ts";
import type { ConvAttrs } from "../ops/conv-terms.ts";
import { flip, padConstant, permute, reshape, slice } from "../ops/movement.ts";
import { sum } from "../ops/reduce.ts";

/** Puts an op into a form that has a kernel, in terms of other ops; `undefined` where it has that form already. */
export type Rewrite = (inputs: readonly Tensor[], attrs: Attrs) => Tensor | undefined;

/** Adds (or, where negative, removes) elements at both ends of the axes after the first two. */
function padSpatial(
  x: Tensor,
  sides: readonly (readonly [number, number])[],
  interior: readonly number[] = sides.map(() => 0),
): Tensor {
  const padded = padConstant(x, {
    low: [0, 0, ...sides.map(([low]) => Math.max(0, low))],
    high: [0, 0, ...sides.map(([, high]) => Math.max(0, high))],
    interior: [0, 0, ...interior],
    value: 0,
  });
  const ranges = sides.map(([low, high], axis) => ({
    start: Math.max(0, -low),
    end: padded.shape[2 + axis]! - Math.max(0, -high),
  }));
  return slice(padded, [null, null, ...ranges]);
}

function isPadded({ padding }: ConvAttrs): boolean {
  return padding.some(([low, high]) => low !== 0 || high !== 0);
}

function withoutPadding<A extends ConvAttrs>(attrs: A): A {
  return { ...attrs, padding: attrs.padding.map(() => [0, 0] as const) };
}

/** A convolution whose padding is part of its input. */
function padConv([x, weight]: readonly Tensor[], attrs: Attrs): Tensor | undefined {
  const settings = attrs as ConvAttrs;
  if (!isPadded(settings)) return undefined;
  return conv(padSpatial(x!, settings.padding), weight!, withoutPadding(settings));
}

/**
 * dx[i] = Σ_k D[i + low − k·d] w[k], where D is dy with stride − 1 zeros between its elements: a convolution of stride 1
 * with the flipped kernel whose channels have changed places.
 */
function inputGradAsConv([dy, weight]: readonly Tensor[], attrs: Attrs): Tensor {
  const { stride, padding, dilation, groups, extent } = attrs as ConvInputGradAttrs;
  const [outChannels, groupChannels, ...kernel] = weight!.shape as [number, number, ...number[]];
  const sides = kernel.map((size, axis): [number, number] => {
    const reach = (size - 1) * dilation[axis]!;
    const low = reach - padding[axis]![0];
    const dilated = (dy!.shape[2 + axis]! - 1) * stride[axis]! + 1;
    return [low, extent[axis]! + reach - low - dilated];
  });
  const spread = padSpatial(
    dy!,
    sides,
    stride.map((s) => s - 1),
  );
  const spatial = kernel.map((_, axis) => axis);
  const grouped = reshape(weight!, [groups, outChannels / groups, groupChannels, ...kernel]);
  const swapped = permute(grouped, [0, 2, 1, ...spatial.map((axis) => axis + 3)]);
  const flipped = flip(
    swapped,
    spatial.map((axis) => axis + 3),
  );
  return conv(
    spread,
    reshape(flipped, [groups * groupChannels, outChannels / groups, ...kernel]),
    withoutPadding({ stride: spatial.map(() => 1), padding, dilation, groups }),
  );
}

function splitWeightGrad([x, dy]: readonly Tensor[], attrs: Attrs): Tensor | undefined {
  const settings = attrs as ConvWeightGradAttrs;
  if (isPadded(settings)) {
    return convWeightGrad(padSpatial(x!, settings.padding), dy!, withoutPadding(settings));
  }
  const { groups, kernel } = settings;
  const parts = groups === 1 ? partsOfBatch(x!, dy!, sizeOf(kernel)) : 1;
  if (parts === 1) return undefined;
  // Parts of the batch side by side as groups give a gradient each, which are then added up.
  const split = (t: Tensor): Tensor => {
    const [batch, channels, ...extents] = t.shape as [number, number, ...number[]];
    const apart = reshape(t, [parts, batch / parts, channels, ...extents]);
    const swapped = permute(apart, [1, 0, 2, ...extents.map((_, axis) => axis + 3)]);
    return reshape(swapped, [batch / parts, parts * channels, ...extents]);
  };
  const partial = convWeightGrad(split(x!), split(dy!), { ...settings, groups: parts });
  const [outChannels, inChannels] = [dy!.shape[1]!, x!.shape[1]!];
  return sum(reshape(partial, [parts, outChannels, inChannels, ...kernel]), 0);
}

/** Largest part of a weight gradient's work, in products a result, that one thread does in one go. */
const partLength = 64;
/** Most results that all parts together may have. */
const partialResults = 2 ** 20;

/** How many parts a batch is split into, by shapes alone. */
function partsOfBatch(x: Tensor, dy: Tensor, kernelSize: number): number {
  const results = x.shape[1]! * dy.shape[1]! * kernelSize;
  const positions = sizeOf(dy.shape.slice(2));
  const wanted = Math.min(
    64,
    Math.floor(partialResults / results),
    Math.floor((x.shape[0]! * positions) / partLength),
  );
  for (let parts = Math.min(wanted, x.shape[0]!); parts > 1; parts--)
    if (x.shape[0]! % parts === 0) return parts;
  return 1;
}

/** Fewest elements that a sum is worth splitting for, and most results that leave threads without work. */
const splitFrom = 4096;
const fewResults = 64;

/**
 * A sum of many elements into few is done in two steps, so that threads share the work. How it is split depends on the
 * shape alone, so results do not depend on the number of threads.
 */
function splitSum([x]: readonly Tensor[], attrs: Attrs): Tensor | undefined {
  const { axes } = attrs as { axes: readonly number[] };
  const count = sizeOf(axes.map((axis) => x!.shape[axis]!));
  if (x!.size / count > fewResults || count < splitFrom) return undefined;
  const big = axes.filter((axis) => x!.shape[axis]! > 1);
  if (big.length > 1) {
    const inner = sum(x!, big.slice(1), { keepDims: true });
    return sum(inner, axes, { keepDims: true });
  }
  const axis = big[0]!;
  const extent = x!.shape[axis]!;
  const parts = largestDivisor(extent, 64);
  if (parts === 1) return undefined;
  const split = reshape(x!, [...x!.shape.slice(0, axis), parts, extent / parts, ...x!.shape.slice(axis + 1)]);
  const partial = sum(split, axis + 1, { keepDims: true });
  return reshape(sum(partial, axis, { keepDims: true }), x!.shape.with(axis, 1));
}

function largestDivisor(n: number, limit: number): number {
  for (let d = Math.min(limit, Math.floor(Math.sqrt(n))); d > 1; d--) if (n % d === 0) return d;
  return 1;
}

export const rewrites: ReadonlyMap<string, Rewrite> = new Map(
  Object.entries({
    conv: padConv,
    convInputGrad: inputGradAsConv,
    convWeightGrad: splitWeightGrad,
    sum: splitSum,
  }),
);
