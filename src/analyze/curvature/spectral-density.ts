import { ArgumentError } from "../../core/errors.ts";
import type { Module } from "../../nn/module.ts";
import { lineChart } from "../../plot/line-chart.ts";
import type { LabelledBatch } from "../objective.ts";
import { reached } from "../work.ts";
import { type HessianOptions, HessianProduct } from "./hessian-product.ts";
import { Lanczos, randomUnitVector } from "./lanczos.ts";

export interface DensityOptions extends HessianOptions {
  /** Random starts that are averaged; 1 unless told. */
  readonly probes?: number;
  /** Products with H for each; 40 unless told. */
  readonly steps?: number;
  /** 0 unless told. */
  readonly seed?: number;
}

/** A measure of total weight 1 with the moments of the spectrum: Σ w f(λ) ≈ tr f(H) / parameters. */
export interface SpectralDensity {
  readonly parameters: number;
  /** λ, in descending order for each probe. */
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/**
 * How the eigenvalues of the Hessian are spread, by stochastic Lanczos quadrature: for a random unit vector, the
 * eigenvalues of Lanczos's matrix with the squares of their vectors' first elements as weights.
 *
 * Ghorbani, Krishnan, Xiao (2019), section 2 and algorithm 1.
 */
export async function spectralDensity(
  model: Module,
  batches: readonly LabelledBatch[],
  options: DensityOptions = {},
): Promise<SpectralDensity> {
  const { probes = 1, steps = 40, seed = 0 } = options;
  for (const [name, count] of Object.entries({ probes, steps })) {
    if (Number.isSafeInteger(count) && count >= 1) continue;
    throw new ArgumentError(`spectralDensity: ${name} must be a positive integer, but is ${count}`);
  }
  const product = new HessianProduct(model, batches, options);
  const nodes: number[] = [];
  const weights: number[] = [];
  const each = Math.min(steps, product.size);
  for (let probe = 0; probe < probes; probe++) {
    const lanczos = new Lanczos(product, randomUnitVector(product.size, seed, probe * 2 ** 32), seed);
    while (lanczos.steps < each) {
      await lanczos.step();
      await reached((probe + lanczos.steps / each) / probes, options);
    }
    const { values, vectors } = lanczos.eigen();
    nodes.push(...values);
    weights.push(...vectors.map((vector) => vector[0]! ** 2 / probes));
  }
  return { parameters: product.size, nodes, weights };
}

/** The density at some places, each node spread into a normal distribution of standard deviation `sigma`. */
export function smoothDensity(
  { nodes, weights }: SpectralDensity,
  at: readonly number[],
  sigma: number,
): number[] {
  const factor = 1 / (sigma * Math.sqrt(2 * Math.PI));
  return at.map((x) =>
    nodes.reduce(
      (sum, node, k) => sum + weights[k]! * factor * Math.exp(-0.5 * ((x - node) / sigma) ** 2),
      0,
    ),
  );
}

/** The density on a logarithmic axis, as SVG. */
export function drawDensity(density: SpectralDensity, title: string): string {
  const [low, high] = [Math.min(...density.nodes), Math.max(...density.nodes)];
  const width = high - low || 1;
  const places = Array.from({ length: 601 }, (_, i) => low + width * (-0.03 + (1.06 * i) / 600));
  const values = smoothDensity(density, places, width / 200);
  const floor = 1e-6 * Math.max(...values);
  return lineChart({
    title,
    xLabel: "eigenvalue",
    yLabel: "density",
    yScale: "log",
    series: [
      {
        name: "density",
        marks: false,
        points: places.map((x, i) => [x, Math.max(values[i]!, floor)] as const),
      },
    ],
  });
}
