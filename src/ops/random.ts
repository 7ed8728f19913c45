import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { less, where } from "./compare.ts";
import { defaultGenerator, type Generator } from "./generator.ts";
import { type TensorLike, zeros } from "./like.ts";
import { cos, log, sqrt } from "./math.ts";
import { narrow, squeeze } from "./movement.ts";
import { asReal } from "./real.ts";

export interface RandomOptions {
  /** Default: `defaultGenerator`. */
  readonly generator?: Generator;
}

export interface UniformOptions extends RandomOptions {
  readonly low?: number;
  readonly high?: number;
}

/** Random numbers, even over [low, high) (default [0, 1)): low + (high − low) · u with u a multiple of 2⁻²⁴. */
export function uniform(shape: Shape, options: UniformOptions = {}): Tensor {
  const { low = 0, high = 1, generator = defaultGenerator } = options;
  checkShape("uniform", shape);
  const unit = generator.unit(shape);
  return low === 0 && high === 1 ? unit : add(mul(unit, high - low), low);
}

export interface NormalOptions extends RandomOptions {
  readonly mean?: number;
  readonly std?: number;
}

/**
 * Normally distributed numbers, mean + std · √(−2 ln(1 − u)) cos(2π v) (Box & Muller 1958); with u in steps of 2⁻²⁴ none
 * is further than 5.77 std from the mean.
 */
export function normal(shape: Shape, options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1, generator = defaultGenerator } = options;
  checkShape("normal", shape);
  const units = generator.unit([2, ...shape]);
  const half = (i: number): Tensor => squeeze(narrow(units, 0, i, i + 1), 0);
  const radius = sqrt(mul(log(sub(1, half(0))), -2));
  const z = mul(radius, cos(mul(half(1), 2 * Math.PI)));
  return add(mul(z, std), mean);
}

/** Bools that are true with probability p, each for itself. */
export function bernoulli(shape: Shape, p: number, options: RandomOptions = {}): Tensor {
  checkShape("bernoulli", shape);
  checkProbability("bernoulli", p);
  return less((options.generator ?? defaultGenerator).unit(shape), p);
}

/** Each element 0 with probability p (default ½) and x / (1 − p) otherwise (Srivastava et al. 2014). */
export function dropout(x: TensorLike, p = 0.5, options: RandomOptions = {}): Tensor {
  return dropParts("dropout", x, (shape) => shape, p, options);
}

/**
 * Each channel of each sample wholly 0 with probability p (default ½) and x / (1 − p) otherwise (Tompson et al. 2015,
 * arXiv:1411.4280).
 *
 * @param x of shape [N, C, …].
 */
export function dropout2d(x: TensorLike, p = 0.5, options: RandomOptions = {}): Tensor {
  return dropParts(
    "dropout2d",
    x,
    (shape) => {
      if (shape.length < 2) throw new ShapeError("dropout2d", "x has no channel axis", { x: shape });
      return shape.map((extent, axis) => (axis < 2 ? extent : 1));
    },
    p,
    options,
  );
}

/**
 * Each sample wholly 0 with probability p and x / (1 − p) otherwise (Huang et al. 2016, section 3).
 *
 * @param x of shape [N, …], a residual branch's output.
 */
export function stochasticDepth(x: TensorLike, p: number, options: RandomOptions = {}): Tensor {
  return dropParts(
    "stochasticDepth",
    x,
    (shape) => {
      if (shape.length < 1) throw new ShapeError("stochasticDepth", "x has no batch axis", { x: shape });
      return shape.map((extent, axis) => (axis < 1 ? extent : 1));
    },
    p,
    options,
  );
}

/** Drops with a mask that has x's rank and broadcasts over what is dropped together. */
function dropParts(
  op: string,
  x: TensorLike,
  maskShape: (shape: Shape) => Shape,
  p: number,
  options: RandomOptions,
): Tensor {
  const t = asReal(x);
  const shape = maskShape(t.shape);
  checkProbability(op, p);
  if (p === 0) return t;
  if (p === 1) return zeros(t.shape, t.dtype);
  return where(bernoulli(shape, 1 - p, options), mul(t, 1 / (1 - p)), 0);
}

function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`${op}: a probability must lie in [0, 1], but is ${p}`);
}

function checkShape(op: string, shape: Shape): void {
  if (shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) return;
  throw new ShapeError(op, "extents must be whole numbers and not negative", { shape });
}
