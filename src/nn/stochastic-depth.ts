import type { Tensor } from "../core/tensor.ts";
import { type RandomOptions, stochasticDepth } from "../ops/random.ts";
import { DropLayer } from "./drop-layer.ts";

/**
 * In training, each sample of [N, …] is wholly 0 with probability p and x / (1 − p) otherwise.
 *
 * In evaluation it returns x itself. Behind a residual branch it leaves out the block.
 *
 * Huang, Sun, Liu, Sedra, Weinberger: Deep Networks with Stochastic Depth (2016), section 3, drawn for each sample
 * instead of each batch, and scaled in training instead of in use.
 */
export class StochasticDepth extends DropLayer {
  constructor(p: number, random: RandomOptions = {}) {
    super("StochasticDepth", p, random);
  }

  protected override drop(x: Tensor, p: number, random: RandomOptions): Tensor {
    return stochasticDepth(x, p, random);
  }
}
