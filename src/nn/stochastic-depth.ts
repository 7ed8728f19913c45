import { ArgumentError } from "../core/errors.ts";
import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { type RandomOptions, stochasticDepth } from "../ops/random.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/**
 * In training, each sample of [N, …] is wholly 0 with probability p and x / (1 − p) otherwise.
 *
 * In evaluation it returns x itself. Behind a residual branch it leaves out the block.
 *
 * Huang, Sun, Liu, Sedra, Weinberger: Deep Networks with Stochastic Depth (2016), section 3, drawn for each sample
 * instead of each batch, and scaled in training instead of in use.
 */
export class StochasticDepth extends Module {
  declare readonly "~shape": SameShape;
  readonly p: number;
  readonly #random: RandomOptions;

  constructor(p: number, random: RandomOptions = {}) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`StochasticDepth: p must lie in [0, 1], but is ${p}`);
    this.p = p;
    this.#random = random;
  }

  override forward(x: Tensor): Tensor {
    return this.training ? stochasticDepth(x, this.p, this.#random) : x;
  }

  protected override settings(): string {
    return showArguments(this.p);
  }
}
