import type { RefArray } from "../core/op.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, mul, square, sub } from "./arithmetic.ts";
import { asTensor, ones, type TensorLike, zeros } from "./like.ts";
import { sqrt } from "./math.ts";
import { asReals } from "./real.ts";
import { mean } from "./reduce.ts";

export type EpsAttrs = { readonly eps: number };

export interface AffineOptions {
  /** Factors of the normalized values; default 1. */
  readonly weight?: TensorLike;
  /** Summands of the normalized values; default 0. */
  readonly bias?: TensorLike;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

/** Operands x, weight and bias of one real element type, and the variance's summand. */
export function affineOperands(
  x: TensorLike,
  shape: (x: Tensor) => Shape,
  { weight, bias, eps = 1e-5 }: AffineOptions,
): { inputs: [x: Tensor, weight: Tensor, bias: Tensor]; eps: number } {
  const t = asTensor(x);
  const inputs = asReals(t, weight ?? ones(shape(t)), bias ?? zeros(shape(t)));
  return { inputs, eps };
}

/** Values centred and scaled over `axes`: x̂ = (x − μ) · s with s = 1 / √(σ² + eps). */
export interface Standardized {
  readonly normalized: Tensor;
  /** s, with the axes kept. */
  readonly scale: Tensor;
}

/** Mean and biased variance over `axes` (which stay with extent 1), in two passes: σ² = mean((x − μ)²). */
export function moments(x: Tensor, axes: readonly number[]): { mean: Tensor; variance: Tensor } {
  const average = mean(x, axes, { keepDims: true });
  return { mean: average, variance: mean(square(sub(x, average)), axes, { keepDims: true }) };
}

export function standardize(x: Tensor, axes: readonly number[], eps: number): Standardized {
  const { mean: average, variance } = moments(x, axes);
  const scale = div(1, sqrt(add(variance, eps)));
  return { normalized: mul(sub(x, average), scale), scale };
}

/** The loop that all normalizations share: `group` says what is averaged together, `channel` which weight applies. */
export function referenceNormalization(
  [x, weight, bias]: readonly RefArray[],
  out: RefArray,
  eps: number,
  group: (i: number) => number,
  channel: (i: number) => number,
): void {
  const average = averageByGroup(x!.data.length, group, (i) => x!.data[i]!);
  const variance = averageByGroup(x!.data.length, group, (i) => (x!.data[i]! - average[group(i)]!) ** 2);
  for (let i = 0; i < out.data.length; i++) {
    const normalized = (x!.data[i]! - average[group(i)]!) / Math.sqrt(variance[group(i)]! + eps);
    out.data[i] = normalized * weight!.data[channel(i)]! + bias!.data[channel(i)]!;
  }
}

function averageByGroup(count: number, group: (i: number) => number, value: (i: number) => number): number[] {
  const totals: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < count; i++) {
    const g = group(i);
    totals[g] = (totals[g] ?? 0) + value(i);
    counts[g] = (counts[g] ?? 0) + 1;
  }
  return totals.map((total, g) => total / counts[g]!);
}
