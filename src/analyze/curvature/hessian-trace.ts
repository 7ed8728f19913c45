import { ArgumentError } from "../../core/errors.ts";
import { Random } from "../../data/random.ts";
import type { Module } from "../../nn/module.ts";
import type { LabelledBatch } from "../objective.ts";
import { reached } from "../work.ts";
import { type HessianOptions, HessianProduct } from "./hessian-product.ts";
import { dot } from "./lanczos.ts";

export interface TraceOptions extends HessianOptions {
  /** Random vectors; 10 unless told. */
  readonly probes?: number;
  /** 0 unless told. */
  readonly seed?: number;
}

export interface TraceEstimate {
  readonly mean: number;
  /** Of the mean; NaN for a single probe. */
  readonly standardError: number;
  /** vᵀ H v of each probe. */
  readonly samples: readonly number[];
}

/**
 * The sum of all eigenvalues of the Hessian, estimated: tr H = E[vᵀ H v] for v of random signs.
 *
 * Hutchinson: A Stochastic Estimator of the Trace of the Influence Matrix (1989).
 */
export async function hessianTrace(
  model: Module,
  batches: readonly LabelledBatch[],
  options: TraceOptions = {},
): Promise<TraceEstimate> {
  const { probes = 10, seed = 0 } = options;
  if (!Number.isSafeInteger(probes) || probes < 1) {
    throw new ArgumentError(`hessianTrace: probes must be a positive integer, but is ${probes}`);
  }
  const product = new HessianProduct(model, batches, options);
  const samples: number[] = [];
  for (let probe = 0; probe < probes; probe++) {
    const random = new Random(seed, "user", probe);
    const v = Float32Array.from({ length: product.size }, () => (random.uint32() & 1 ? 1 : -1));
    samples.push(dot(v, await product.apply(v)));
    await reached(samples.length / probes, options);
  }
  const mean = samples.reduce((sum, each) => sum + each, 0) / probes;
  const squares = samples.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (probes - 1) / probes), samples };
}
