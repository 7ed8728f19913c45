import type { Module } from "../../../dist/nn/index.js";

/** A whole network of the benchmarks, made of Fovea's own layers. */
export interface Network {
  readonly name: string;
  /** One input, [channels, height, width]. */
  readonly inputShape: readonly [number, number, number];
  /**
   * Random weights are U(−b, b) with b = gain · √(6 / fanIn); 1 keeps the mean square through a layer with ReLU, and
   * another value keeps logits between 1 and 100 where residual branches add up.
   */
  readonly gain: number;
  create(): Module;
}
