import type { Attrs } from "../core/op.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, mul, sub } from "../ops/arithmetic.ts";
import { fourierObstacle, winogradObstacle } from "../ops/conv-algorithm.ts";
import { type ConvInputGradAttrs, type ConvWeightGradAttrs, conv, convWeightGrad } from "../ops/conv-ops.ts";
import type { ConvAttrs } from "../ops/conv-terms.ts";
import { convWeightGradParts } from "../ops/conv-weight-grad-parts.ts";
import { type FourierSlicesAttrs, fourierSlices } from "../ops/fourier.ts";
import { sqrt } from "../ops/math.ts";
import { matmul } from "../ops/matmul.ts";
import { permute, reshape } from "../ops/movement.ts";
import { pack } from "../ops/pack.ts";
import { sum } from "../ops/reduce.ts";
import { reach } from "../ops/window-geometry.ts";
import { type WinogradSlicesAttrs, winogradFilterGradient, winogradSlices } from "../ops/winograd.ts";
import { mayHaveMargins } from "./choose-layouts.ts";
import { type ConvolutionForm, type ConvolutionSize, direct } from "./convolution-form.ts";
import type { ExpandOptions } from "./expand-graph.ts";
import { fourierConvolution, fourierWeightGrad } from "./fourier-convolution.ts";
import { inputGradient } from "./input-gradient.ts";
import { channelsLast as layoutOfChannelsLast } from "./layout.ts";
import { padSpatial, withoutPadding } from "./pad-spatial.ts";

/** What a rewrite may know about its operands, beside their shapes. */
export interface RewriteContext extends ExpandOptions {
  /** The op that makes an operand, with its own operands. */
  sourceOf(operand: Tensor): {
    readonly op: string;
    readonly attrs: Attrs;
    inputs(): readonly Tensor[];
  };
  /** Whether an operand stays the same from run to run, so that what is made of it alone is made once. */
  isStable(operand: Tensor): boolean;
  /** Whether nobody else uses an operand. */
  isSole(operand: Tensor): boolean;
}

/** Puts an op into a form that has a kernel, in terms of other ops; `undefined` where it has that form already. */
export type Rewrite = (
  inputs: readonly Tensor[],
  attrs: Attrs,
  context: RewriteContext,
) => Tensor | undefined;

function isPadded({ padding }: ConvAttrs): boolean {
  return padding.some(([low, high]) => low !== 0 || high !== 0);
}

/** What a convolution reads, with its channels last in memory: inputs of the graph are copied into that order. */
function channelsLast(x: Tensor, { sourceOf }: RewriteContext): Tensor {
  const { op } = sourceOf(x);
  return op === "input" || op === "constant" ? packChannelsLast(x) : x;
}

function packChannelsLast(x: Tensor): Tensor {
  return pack(x, { order: layoutOfChannelsLast(x.rank).order, panel: null, winograd: 0 });
}

/** A convolution whose padding is part of its input, and whose weight lies as the kernels read it. */
function layOutConv(
  [x, weight]: readonly Tensor[],
  attrs: Attrs,
  context: RewriteContext,
): Tensor | undefined {
  const settings = attrs as ConvAttrs;
  const source = channelsLast(x!, context);
  const packed = context.sourceOf(weight!).op === "pack";
  if (source === x && packed && !isPadded(settings)) return undefined;
  const padded = isPadded(settings) ? padSpatial(source, settings.padding) : source;
  const plain = withoutPadding(settings);
  if (packed) return conv(padded, weight!, plain);
  const extent = conv(padded, weight!, plain).shape.slice(2);
  const form = formOf(x!, weight!, settings, extent, context);
  if (form.kind === "fourier") return fourierConvolution(padded, weight!, plain, extent, form.transform);
  const filtering = form.kind === "winograd" && (source !== x || mayHaveMargins(context.sourceOf(x!)));
  return conv(padded, packWeight(weight!, settings, filtering ? form.tile : 0, context), plain);
}

/** The form in which a convolution takes the least time, or that was asked for. */
function formOf(
  x: Tensor,
  weight: Tensor,
  settings: ConvAttrs,
  extent: readonly number[],
  context: RewriteContext,
): ConvolutionForm {
  if (context.exact) return direct;
  const size = sizeOfConvolution(x.shape, weight.shape, settings, extent);
  return context.convolutionForm({ ...size, stable: context.isStable(weight), gradient: false });
}

function sizeOfConvolution(
  x: Shape,
  weight: Shape,
  settings: ConvAttrs,
  extent: readonly number[],
): Omit<ConvolutionSize, "stable" | "gradient"> {
  const { groups, stride, dilation } = settings;
  const kernel = weight.slice(2);
  return {
    batch: x[0]!,
    inChannels: x[1]!,
    outChannels: weight[0]!,
    groups,
    kernel,
    stride,
    reached: kernel.map((k, axis) => reach(k, dilation[axis]!)),
    extent,
    algorithm: settings.algorithm ?? "auto",
    winograd: winogradObstacle(weight, settings) === undefined,
    fourier: fourierObstacle(weight, settings) === undefined,
  };
}

/** Output channels in panels; kernel positions and then input channels within. */
function packWeight(
  weight: Tensor,
  { groups }: ConvAttrs,
  winograd: 0 | 2 | 4,
  { panelWidth }: RewriteContext,
): Tensor {
  const [outChannels, groupChannels] = weight.shape as [number, number];
  const taps = weight.shape.slice(2).map((_, axis) => axis + 2);
  const filters = outChannels / groups;
  if (filters > 1) {
    const panel = { axis: 0, groups, width: panelWidth(filters) };
    return pack(weight, { order: [0, ...taps, 1], panel, winograd });
  }
  return pack(weight, {
    order: groupChannels === 1 ? [...taps, 0, 1] : [0, ...taps, 1],
    panel: null,
    winograd,
  });
}

/** A product whose right operand, if it stays the same, lies as the kernels read it. */
function layOutProduct([a, b]: readonly Tensor[], _: Attrs, context: RewriteContext): Tensor | undefined {
  if (!context.isStable(b!) || context.isStable(a!) || context.sourceOf(b!).op === "pack") return undefined;
  const rank = b!.rank;
  const columns = b!.shape.at(-1)!;
  if (columns === 1) return undefined;
  const order = [...b!.shape.slice(0, -2).map((_, axis) => axis), rank - 1, rank - 2];
  return matmul(
    a!,
    pack(b!, {
      order,
      panel: { axis: rank - 1, groups: 1, width: context.panelWidth(columns) },
      winograd: 0,
    }),
  );
}

/**
 * x · scale + shift with scale = weight / √(variance + eps) and shift = bias − mean · scale. If x is a convolution of which
 * this is the only use, the scale goes into its weight.
 */
function foldBatchNorm(inputs: readonly Tensor[], attrs: Attrs, context: RewriteContext): Tensor | undefined {
  const [x, mean, variance, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor];
  if (context.exact || ![mean, variance, weight, bias].every((t) => context.isStable(t))) return undefined;
  const { eps } = attrs as { eps: number };
  const scale = div(weight, sqrt(add(variance, eps)));
  const shift = sub(bias, mul(mean, scale));
  const perChannel = (t: Tensor): Tensor =>
    reshape(
      t,
      x.shape.map((extent, axis) => (axis === 1 ? extent : 1)),
    );
  const source = context.sourceOf(x);
  const [input, packed] = source.op === "conv" && context.isSole(x) ? source.inputs() : [];
  if (!input || !packed || !context.isStable(packed))
    return add(mul(x, perChannel(scale)), perChannel(shift));
  const [filters] = context.sourceOf(packed).inputs();
  const scaled = mul(
    filters!,
    reshape(
      scale,
      filters!.shape.map((extent, axis) => (axis === 0 ? extent : 1)),
    ),
  );
  return add(conv(input, scaled, source.attrs as ConvAttrs), perChannel(shift));
}

function layOutInputGradient([dy, weight]: readonly Tensor[], attrs: Attrs, context: RewriteContext): Tensor {
  return inputGradient(channelsLast(dy!, context), weight!, attrs as ConvInputGradAttrs, (filters) =>
    context.panelWidth(filters),
  );
}

function splitWeightGrad(
  [x, dy]: readonly Tensor[],
  attrs: Attrs,
  context: RewriteContext,
): Tensor | undefined {
  const settings = attrs as ConvWeightGradAttrs;
  const [source, gradient] = [channelsLast(x!, context), channelsLast(dy!, context)];
  if (isPadded(settings)) {
    return convWeightGrad(padSpatial(source, settings.padding), gradient, withoutPadding(settings));
  }
  if (source !== x || gradient !== dy) return convWeightGrad(source, gradient, settings);
  const form = gradientForm(x!, dy!, settings, context);
  if (form.kind === "fourier") return fourierWeightGrad(x!, dy!, settings, form.transform);
  if (form.kind === "winograd") {
    const { tile } = form;
    const [inputs, gradients] = [
      winogradSlices(x!, { tile, of: "input" }),
      winogradSlices(dy!, { tile, of: "gradient" }),
    ];
    return winogradFilterGradient(matmul(permute(gradients, [0, 2, 1]), inputs), tile);
  }
  const parts = partsOfWeightGrad(x!, dy!, settings);
  if (sizeOf(parts) === 1) return undefined;
  return sum(convWeightGradParts(x!, dy!, { ...settings, parts }), [0, 1]);
}

/** Transforms read whole tiles, also beyond the end. */
function layOutSlices(slices: (x: Tensor, attrs: Attrs) => Tensor): Rewrite {
  return ([x], attrs, { sourceOf }) =>
    mayHaveMargins(sourceOf(x!)) ? undefined : slices(packChannelsLast(x!), attrs);
}

/** The form in which a weight gradient takes the least time, or that was asked for. */
function gradientForm(
  x: Tensor,
  dy: Tensor,
  settings: ConvWeightGradAttrs,
  { exact, convolutionForm }: RewriteContext,
): ConvolutionForm {
  if (exact) return direct;
  const weight = [dy.shape[1]!, x.shape[1]! / settings.groups, ...settings.kernel];
  const size = sizeOfConvolution(x.shape, weight, settings, dy.shape.slice(2));
  return convolutionForm({ ...size, stable: false, gradient: true });
}

/** Fewest products that each result of a part is the sum of. */
const partLength = 64;
/** Most parts of the batch, and most results that all parts together may have. */
const mostParts = 64;
const partialResults = 2 ** 20;
/** Elements of x and dy that stay in the second cache while vectors of channels pass over them one after the other. */
const partElements = 2 ** 16;

/**
 * Into how many parts the batch and the rows of the output are cut; decided by shapes alone. Dense gradients are cut for
 * threads; depthwise ones, which have few results, also for the caches.
 */
function partsOfWeightGrad(
  x: Tensor,
  dy: Tensor,
  { groups, kernel }: ConvWeightGradAttrs,
): readonly [batch: number, rows: number] {
  const [batch, , rows, ...extents] = dy.shape as [number, number, number, ...number[]];
  const positions = rows * sizeOf(extents);
  const results = (x.shape[1]! / groups) * dy.shape[1]! * sizeOf(kernel);
  const most = Math.min(Math.floor(partialResults / results), Math.floor((batch * positions) / partLength));
  const isDepthwise = x.shape[1] === groups;
  if (!isDepthwise) return [largestDivisor(batch, Math.min(most, mostParts)), 1];
  const wanted = Math.min(most, Math.ceil((x.size + dy.size) / partElements));
  const batchParts = largestDivisor(batch, wanted);
  return [batchParts, batchParts < batch ? 1 : largestDivisor(rows, Math.floor(wanted / batch))];
}

/** Fewest elements that a sum is worth splitting for, and most results that leave threads without work. */
const splitFrom = 4096;
const fewResults = 64;
/** The same for sums across rows of memory: over several axes, and over one, whose parts should lie in the caches. */
const splitRowsFrom = 1024;
const someResults = [256, 4096] as const;

/**
 * A sum of many elements into few is done in two steps, so that threads share the work. How it is split depends on the
 * shape alone, so results do not depend on the number of threads.
 */
function splitSum([x]: readonly Tensor[], attrs: Attrs): Tensor | undefined {
  const { axes } = attrs as { axes: readonly number[] };
  const count = sizeOf(axes.map((axis) => x!.shape[axis]!));
  const results = x!.size / count;
  const big = axes.filter((axis) => x!.shape[axis]! > 1);
  const few = results <= fewResults && count >= splitFrom;
  const acrossRows = big.length > 1 || big[0] !== x!.rank - 1;
  const some = acrossRows && results <= someResults[big.length > 1 ? 0 : 1] && count >= splitRowsFrom;
  if (!few && !some) return undefined;
  if (big.length > 1) {
    const inner = sum(x!, big.slice(1), { keepDims: true });
    return sum(inner, axes, { keepDims: true });
  }
  const axis = big[0]!;
  const extent = x!.shape[axis]!;
  const parts = largestDivisor(extent, Math.min(64, Math.floor(Math.sqrt(extent))));
  if (parts === 1) return undefined;
  const split = reshape(x!, [...x!.shape.slice(0, axis), parts, extent / parts, ...x!.shape.slice(axis + 1)]);
  const partial = sum(split, axis + 1, { keepDims: true });
  return reshape(sum(partial, axis, { keepDims: true }), x!.shape.with(axis, 1));
}

function largestDivisor(n: number, limit: number): number {
  for (let d = Math.min(limit, n); d > 1; d--) if (n % d === 0) return d;
  return 1;
}

export const rewrites: ReadonlyMap<string, Rewrite> = new Map(
  Object.entries({
    batchNormInference: foldBatchNorm,
    conv: layOutConv,
    convInputGrad: layOutInputGradient,
    convWeightGrad: splitWeightGrad,
    matmul: layOutProduct,
    sum: splitSum,
    winogradSlices: layOutSlices((x, attrs) => winogradSlices(x, attrs as WinogradSlicesAttrs)),
    fourierSlices: layOutSlices((x, attrs) => fourierSlices(x, attrs as FourierSlicesAttrs)),
  }),
);
