import type { Random } from "./random.ts";

/**
 * The logarithm of a gamma-distributed number with shape k > 0 and scale 1.
 *
 * Marsaglia, Tsang: A Simple Method for Generating Gamma Variables (2000): d (1 + c x)³ with x normal, d = k − ⅓ and
 * c = 1/√(9d), accepted with the right probability. Below k = 1 it is Γ(k + 1) · u^(1/k), of which only the logarithm
 * is sure not to vanish.
 */
export function logGammaVariate(random: Random, shape: number): number {
  if (shape < 1) return logGammaVariate(random, shape + 1) + Math.log(positiveUniform(random)) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const logV = Math.log(v);
    if (Math.log(positiveUniform(random)) < 0.5 * x * x + d * (1 - v + logV)) return Math.log(d) + logV;
  }
}

/** A number of [0, 1] by the beta distribution: X / (X + Y) with X and Y gamma-distributed with shapes α and β. */
export function betaVariate(random: Random, alpha: number, beta: number): number {
  const x = logGammaVariate(random, alpha);
  const y = logGammaVariate(random, beta);
  return 1 / (1 + Math.exp(y - x));
}

/** A number of (0, 1], whose logarithm is finite. */
function positiveUniform(random: Random): number {
  return (random.uint32() + 1) * 2 ** -32;
}
