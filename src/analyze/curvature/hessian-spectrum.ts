import { ArgumentError } from "../../core/errors.ts";
import type { Module } from "../../nn/module.ts";
import type { LabelledBatch } from "../objective.ts";
import type { EigenDecomposition } from "../symmetric-eigen.ts";
import { reached } from "../work.ts";
import { type HessianOptions, HessianProduct } from "./hessian-product.ts";
import { Lanczos, randomUnitVector } from "./lanczos.ts";

export interface Eigenvalue {
  readonly value: number;
  /**
   * ‖H v − λ v‖ for the unit vector v that was found, rounding left aside: no farther from λ than this is an eigenvalue.
   */
  readonly residual: number;
}

export interface HessianSpectrum {
  /** Numbers that the loss is differentiated by. */
  readonly parameters: number;
  /** Products with H that it took. */
  readonly steps: number;
  /** Whether all residuals are within the tolerance. */
  readonly converged: boolean;
  /** In descending order. */
  readonly largest: readonly Eigenvalue[];
  /** In ascending order. */
  readonly smallest: readonly Eigenvalue[];
}

export interface SpectrumOptions extends HessianOptions {
  /** How many of the largest eigenvalues; 5 unless told. */
  readonly top?: number;
  /** How many of the smallest; 1 unless told. */
  readonly bottom?: number;
  /** The largest residual, as a part of the largest |λ|; 1e-3 unless told. */
  readonly tolerance?: number;
  /** The most products with H; 100 unless told, or as many as vectors of 2 GiB in all. */
  readonly maxSteps?: number;
  /** Of the start; 0 unless told. */
  readonly seed?: number;
}

/** Lanczos keeps all its vectors. */
const memory = 2 ** 31;

/**
 * The largest and smallest eigenvalues of the Hessian of a network's mean loss over fixed batches: how sharp the
 * minimum is, and whether it is one.
 *
 * By Lanczos's method, with one Hessian-vector product a step. Sharpness bounds the learning rate: gradient descent is
 * stable below 2 / λ.
 *
 * Yao, Gholami, Keutzer, Mahoney: PyHessian (2020); Ghorbani, Krishnan, Xiao: An Investigation into Neural Net
 * Optimization via Hessian Eigenvalue Density (2019).
 *
 * @throws ArgumentError for options that cannot be meant.
 */
export async function hessianSpectrum(
  model: Module,
  batches: readonly LabelledBatch[],
  options: SpectrumOptions = {},
): Promise<HessianSpectrum> {
  const { top = 5, bottom = 1, tolerance = 1e-3, seed = 0 } = options;
  for (const [name, count] of Object.entries({ top, bottom, maxSteps: options.maxSteps ?? 1 })) {
    if (Number.isSafeInteger(count) && count >= 0) continue;
    throw new ArgumentError(`hessianSpectrum: ${name} must be a count, but is ${count}`);
  }
  const product = new HessianProduct(model, batches, options);
  const { size } = product;
  const room = Math.max(2, Math.floor(memory / (4 * size)));
  const maxSteps = Math.min(size, options.maxSteps ?? Math.min(room, 100));
  const lanczos = new Lanczos(product, randomUnitVector(size, seed), seed);
  let found: Ends = { largest: [], smallest: [] };
  while (true) {
    await lanczos.step();
    const { steps } = lanczos;
    const looks = steps <= 10 || steps % 5 === 0 || steps === maxSteps;
    if (looks) found = select(lanczos, lanczos.eigen(), top, bottom);
    await reached(steps / maxSteps, options);
    if (!looks) continue;
    const all = [...found.largest, ...found.smallest];
    const scale = Math.max(...all.map(({ value }) => Math.abs(value)));
    const enough = steps >= Math.min(size, top + bottom);
    const converged = enough && all.every(({ residual }) => residual <= tolerance * scale);
    if (converged || steps === maxSteps) return { parameters: size, steps, converged, ...found };
  }
}

type Ends = Pick<HessianSpectrum, "largest" | "smallest">;

/** Both ends of the spectrum, with Lanczos's residuals |β sₘ|. */
function select(
  lanczos: Lanczos,
  { values, vectors }: EigenDecomposition,
  top: number,
  bottom: number,
): Ends {
  const all = [...values].map((value, k) => ({
    value,
    residual: Math.abs(lanczos.residual * vectors[k]!.at(-1)!),
  }));
  return { largest: all.slice(0, top), smallest: all.toReversed().slice(0, bottom) };
}
