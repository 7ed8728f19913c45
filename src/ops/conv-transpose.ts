import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { addBias, withBatch } from "./conv.ts";
import { convInputGrad } from "./conv-ops.ts";
import { asTensor, type TensorLike } from "./like.ts";
import { squeeze } from "./movement.ts";
import { asReals } from "./real.ts";
import { type Padding, type PerAxis, perAxis, type Sides, sidesPerAxis } from "./spatial.ts";
import { reach } from "./window-geometry.ts";

export interface ConvTransposeOptions {
  /** [O], added to every output element of its channel. */
  readonly bias?: TensorLike | undefined;
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Default 0; the output is this much smaller at each side. */
  readonly padding?: Padding;
  /** Default 0; the output is this much larger at the end. Less than the stride or the dilation. */
  readonly outputPadding?: PerAxis;
  /** Distance of the kernel's taps; default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
}

/**
 * The adjoint of conv1d as a map of its own: y[n, o, p·stride − padding + k·dilation] += x[n, i, p] · weight[i, o, k].
 *
 * x [N, C, L] or [C, L], weight [C, O / groups, K] → [N, O, out] or [O, out] with
 * out = (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1.
 *
 * @throws ShapeError if axes, channels or groups do not fit, or the output would be empty.
 */
export function convTranspose1d(
  x: TensorLike,
  weight: TensorLike,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose("convTranspose1d", 1, x, weight, options);
}

/** {@link convTranspose1d} over two spatial axes: x [N, C, H, W] or [C, H, W], weight [C, O / groups, kH, kW]. */
export function convTranspose2d(
  x: TensorLike,
  weight: TensorLike,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose("convTranspose2d", 2, x, weight, options);
}

/** {@link convTranspose1d} over three spatial axes: x [N, C, D, H, W] or [C, D, H, W]. */
export function convTranspose3d(
  x: TensorLike,
  weight: TensorLike,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose("convTranspose3d", 3, x, weight, options);
}

function convTranspose(
  op: string,
  rank: number,
  input: TensorLike,
  filters: TensorLike,
  options: ConvTransposeOptions,
): Tensor {
  const { bias, groups = 1 } = options;
  const [operand, weight] = asReals(input, filters);
  const x = withBatch(operand, rank);
  const stride = perAxis(op, "stride", options.stride ?? 1, rank, 1);
  const dilation = perAxis(op, "dilation", options.dilation ?? 1, rank, 1);
  const padding = sidesPerAxis(op, "padding", options.padding ?? 0, rank);
  const outputPadding = perAxis(op, "outputPadding", options.outputPadding ?? 0, rank, 0);
  perAxis(op, "groups", groups, 1, 1);
  requireOperands(op, rank, x, weight, groups);
  outputPadding.forEach((extra, a) => {
    if (extra < Math.max(stride[a]!, dilation[a]!)) return;
    throw new ArgumentError(
      `${op}: outputPadding ${extra} must be less than the stride ${stride[a]} or the dilation ${dilation[a]}`,
    );
  });
  const extent = outputPadding.map((extra, a) => {
    const whole = (x.shape[a + 2]! - 1) * stride[a]! + reach(weight.shape[a + 2]!, dilation[a]!);
    return whole - padding[a]![0] - padding[a]![1] + extra;
  });
  if (extent.some((n) => n < 1)) {
    throw new ShapeError(
      op,
      `output would be empty: its extents would be ${extent.join("×")}`,
      { x: x.shape, weight: weight.shape },
      "use less padding, or a larger kernel or stride",
    );
  }
  // With this end padding the convolution whose adjoint is wanted has exactly x.shape as its output.
  const sides = padding.map(([low, high], a): Sides => [low, high - outputPadding[a]!]);
  const y = convInputGrad(x, weight, { stride, padding: sides, dilation, groups, extent });
  const biased = bias === undefined ? y : addBias(op, y, asTensor(bias), rank);
  return x === operand ? biased : squeeze(biased, 0);
}

function requireOperands(op: string, rank: number, x: Tensor, weight: Tensor, groups: number): void {
  const operands = { x: x.shape, weight: weight.shape };
  const layout = "inputs are [N, C, ...S], weights are [C, O / groups, ...kernelSize]";
  for (const [name, { rank: axes }] of [["input", x] as const, ["weight", weight] as const]) {
    if (axes !== rank + 2) {
      throw new ShapeError(op, `${name} must have ${rank + 2} axes, but has ${axes}`, operands, layout);
    }
  }
  const [channels, expected] = [x.shape[1]!, weight.shape[0]!];
  if (channels !== expected) {
    const problem = `input has ${channels} channels, but the weight expects ${expected}`;
    throw new ShapeError(op, problem, operands, layout);
  }
  if (channels % groups !== 0) {
    throw new ShapeError(op, `${channels} input channels do not divide into ${groups} groups`, operands);
  }
  if (x.shape.slice(2).includes(0) || weight.shape.slice(2).includes(0)) {
    throw new ShapeError(op, "input and kernel need at least one element on each spatial axis", operands);
  }
}
