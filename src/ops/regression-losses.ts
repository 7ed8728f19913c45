import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { clamp, div, mul, square, sub } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
import { abs } from "./math.ts";
import { asReals } from "./real.ts";
import { checkTarget, type ReductionOptions, reduceLoss } from "./reduce-loss.ts";

function difference(op: string, input: TensorLike, target: TensorLike): Tensor {
  const [x, y] = asReals(input, target);
  checkTarget(op, x, y);
  return sub(x, y);
}

/** (input − target)². */
export function mseLoss(input: TensorLike, target: TensorLike, options: ReductionOptions = {}): Tensor {
  return reduceLoss("mseLoss", square(difference("mseLoss", input, target)), options.reduction);
}

/** |input − target|. */
export function l1Loss(input: TensorLike, target: TensorLike, options: ReductionOptions = {}): Tensor {
  return reduceLoss("l1Loss", abs(difference("l1Loss", input, target)), options.reduction);
}

/** ½ d² where |d| ≤ δ, else δ (|d| − ½ δ). With c = d limited to ±δ both are c (d − ½ c). */
function huber(d: Tensor, delta: number): Tensor {
  const limited = clamp(d, -delta, delta);
  return mul(limited, sub(d, mul(limited, 0.5)));
}

/** With d = input − target: ½ d² where |d| ≤ delta (default 1), else delta · (|d| − ½ delta). */
export function huberLoss(
  input: TensorLike,
  target: TensorLike,
  options: ReductionOptions & { readonly delta?: number } = {},
): Tensor {
  const { delta = 1, reduction } = options;
  if (!(delta > 0)) throw new ArgumentError(`huberLoss: delta must be above 0, but is ${delta}`);
  return reduceLoss("huberLoss", huber(difference("huberLoss", input, target), delta), reduction);
}

/** With d = input − target: ½ d² / beta where |d| < beta (default 1), else |d| − ½ beta; for beta = 0 it is |d|. */
export function smoothL1Loss(
  input: TensorLike,
  target: TensorLike,
  options: ReductionOptions & { readonly beta?: number } = {},
): Tensor {
  const { beta = 1, reduction } = options;
  if (!(beta >= 0)) throw new ArgumentError(`smoothL1Loss: beta must not be negative, but is ${beta}`);
  const d = difference("smoothL1Loss", input, target);
  return reduceLoss("smoothL1Loss", beta === 0 ? abs(d) : div(huber(d, beta), beta), reduction);
}
