import { ShapeError } from "../core/errors.ts";
import { sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add } from "./arithmetic.ts";
import { type ConvAlgorithm, requireAlgorithm } from "./conv-algorithm.ts";
import { type ConvPadding, convPadding, convShape, requireConvOperands } from "./conv-geometry.ts";
import { conv } from "./conv-ops.ts";
import { asTensor, type TensorLike } from "./like.ts";
import { flip, reshape, squeeze, unsqueeze } from "./movement.ts";
import { type PadMode, pad } from "./pad.ts";
import { asReals } from "./real.ts";
import { type PerAxis, perAxis } from "./spatial.ts";

export interface ConvOptions {
  /** [O], added to every output element of its channel. */
  readonly bias?: TensorLike | undefined;
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Default 0; "same" (with stride 1) keeps the extents, with the odd element of an even kernel at the end. */
  readonly padding?: ConvPadding;
  /** What the padding holds; default zeros. */
  readonly paddingMode?: "zeros" | Exclude<PadMode, "constant">;
  /** Distance of the kernel's taps; default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. Channels fall into this many groups, each convolved with filters of its own. */
  readonly groups?: number;
  /** How it is computed, which changes rounding alone; default "auto". See {@link ConvAlgorithm}. */
  readonly algorithm?: ConvAlgorithm;
}

/**
 * y[n, o, p] = bias[o] + Σ over i, k of x[n, i, p·stride − padding + k·dilation] · weight[o, i, k].
 *
 * x [N, C, L] or [C, L], weight [O, C / groups, K] → [N, O, out] or [O, out] with
 * out = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1.
 *
 * @throws ShapeError if axes, channels or groups do not fit, or the output would be empty.
 */
export function conv1d(x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor {
  return convolution("conv1d", 1, x, weight, options);
}

/** {@link conv1d} over two spatial axes: x [N, C, H, W] or [C, H, W], weight [O, C / groups, kH, kW]. */
export function conv2d(x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor {
  return convolution("conv2d", 2, x, weight, options);
}

/** {@link conv1d} over three spatial axes: x [N, C, D, H, W] or [C, D, H, W], weight [O, C / groups, kD, kH, kW]. */
export function conv3d(x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor {
  return convolution("conv3d", 3, x, weight, options);
}

/**
 * Convolution in the mathematical sense: Σ over k of x[p − k] · weight[k], with the kernel flipped, over as many spatial
 * axes as the weight has. The layers called convolution compute {@link conv2d}, a cross-correlation.
 */
export function convolve(x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor {
  const w = asTensor(weight);
  if (w.rank < 3) {
    throw new ShapeError("convolve", "weight needs channels and at least one spatial axis", {
      weight: w.shape,
    });
  }
  const spatial = w.shape.map((_, axis) => axis).slice(2);
  return convolution("convolve", w.rank - 2, x, flip(w, spatial), options);
}

function convolution(
  op: string,
  rank: number,
  input: TensorLike,
  filters: TensorLike,
  options: ConvOptions,
): Tensor {
  const { bias, paddingMode = "zeros", groups = 1, algorithm = "auto" } = options;
  const [operand, weight] = asReals(input, filters);
  const x = withBatch(operand, rank);
  const stride = perAxis(op, "stride", options.stride ?? 1, rank, 1);
  const dilation = perAxis(op, "dilation", options.dilation ?? 1, rank, 1);
  perAxis(op, "groups", groups, 1, 1);
  requireConvOperands(op, rank, x.shape, weight.shape, groups);
  const padding = convPadding(op, options.padding ?? 0, weight.shape.slice(2), stride, dilation);
  convShape(op, x.shape, weight.shape, { stride, padding, dilation, groups });
  requireAlgorithm(op, algorithm, weight.shape, { stride, dilation, groups });
  const zeros = paddingMode === "zeros";
  const padded = zeros ? x : pad(x, padding.toReversed().flat(), { mode: paddingMode });
  const y = conv(padded, weight, {
    stride,
    padding: zeros ? padding : padding.map(() => [0, 0]),
    dilation,
    groups,
    ...(algorithm !== "auto" && { algorithm }),
  });
  const biased = bias === undefined ? y : addBias(op, y, asTensor(bias), rank);
  return x === operand ? biased : squeeze(biased, 0);
}

/** [C, ...S] as a batch of one. */
export function withBatch(x: Tensor, rank: number): Tensor {
  return x.rank === rank + 1 ? unsqueeze(x, 0) : x;
}

export function addBias(op: string, y: Tensor, bias: Tensor, rank: number): Tensor {
  const channels = y.shape[1]!;
  if (!sameShape(bias.shape, [channels])) {
    throw new ShapeError(op, `bias must have one element for each of the ${channels} output channels`, {
      bias: bias.shape,
      output: y.shape,
    });
  }
  return add(y, reshape(bias, [channels, ...new Array<number>(rank).fill(1)]));
}
