import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { add, div, maximum, mul, neg, square, sub } from "../../ops/arithmetic.ts";
import { expm1, sqrt } from "../../ops/math.ts";
import { narrow, reshape } from "../../ops/movement.ts";
import { checkSetting, type InitialSlots, type Slots, zerosLike } from "./optimizer.ts";

export interface AdamSettings {
  /** β₁ and β₂: how much of the old averages of g and g² is kept; [0.9, 0.999] unless told. */
  readonly betas: readonly [number, number];
  /** ε; 1e-8 unless told. */
  readonly eps: number;
  /** λ */
  readonly weightDecay: number;
  /** Whether the largest average of g² so far is divided by, instead of the present one. */
  readonly amsgrad: boolean;
}

export function checkAdamSettings({ betas, eps, weightDecay }: AdamSettings): void {
  checkSetting("betas[0]", betas[0], 0, 1);
  checkSetting("betas[1]", betas[1], 0, 1);
  checkSetting("eps", eps, 0);
  checkSetting("weightDecay", weightDecay, 0);
}

export function adamSlots(parameter: Variable, { betas, amsgrad }: AdamSettings): InitialSlots {
  return {
    step: tensor(new Float32Array(1), { shape: [] }),
    biasCorrection: tensor(Float32Array.of(1 - betas[0], 1 - betas[1])),
    expAvg: zerosLike(parameter),
    expAvgSq: zerosLike(parameter),
    ...(amsgrad && { maxExpAvgSq: zerosLike(parameter) }),
  };
}

/**
 * m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − η m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).
 *
 * Kingma and Ba: Adam (2015), algorithm 1; with `amsgrad` v̂ is the largest v so far over 1 − β₂ᵗ, as in PyTorch
 * (Reddi et al.: On the Convergence of Adam and Beyond, 2018).
 */
export function adamRule(
  parameter: Tensor,
  g: Tensor,
  learningRate: Tensor,
  slots: Slots,
  { betas: [beta1, beta2], eps, amsgrad }: AdamSettings,
): Tensor {
  const correction = slots.biasCorrection!.value;
  const m = add(mul(slots.expAvg!, beta1), mul(g, 1 - beta1));
  const v = add(mul(slots.expAvgSq!, beta2), mul(square(g), 1 - beta2));
  const largest = amsgrad ? maximum(slots.maxExpAvgSq!, v) : v;
  const denominator = add(div(sqrt(largest), sqrt(element(correction, 1))), eps);
  const stepSize = div(learningRate, element(correction, 0));
  slots.expAvg!.assign(m);
  slots.expAvgSq!.assign(v);
  if (amsgrad) slots.maxExpAvgSq!.assign(largest);
  advance(slots, beta1, beta2);
  return sub(parameter, mul(stepSize, div(m, denominator)));
}

/**
 * Counts the update and prepares 1 − βᵗ of the next one.
 *
 * 1 − βᵗ = −expm1(t ln β) keeps its relative precision in float32 for every t, which neither the power nor a running
 * product does. It is kept in a variable so that kernels over the parameter read a number instead of computing it for
 * each element.
 */
function advance(slots: Slots, beta1: number, beta2: number): void {
  const step = add(slots.step!, 1);
  // ln 0 is −∞, and −expm1(−∞) = 1: a β of 0 needs no case of its own.
  const logs = tensor(Float32Array.of(Math.log(beta1), Math.log(beta2)));
  slots.step!.assign(step);
  slots.biasCorrection!.assign(neg(expm1(mul(logs, add(step, 1)))));
}

function element(vector: Tensor, index: number): Tensor {
  return reshape(narrow(vector, 0, index, index + 1), []);
}
