import { ArgumentError } from "../core/errors.ts";
import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { dropout2d, type RandomOptions } from "../ops/random.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/**
 * In training, each channel of each sample of [N, C, …] is wholly 0 with probability p and x / (1 − p) otherwise.
 *
 * In evaluation it returns x itself.
 *
 * Tompson et al.: Efficient Object Localization Using Convolutional Networks (2014), section 3.2.
 */
export class Dropout2d extends Module {
  declare readonly "~shape": SameShape;
  readonly p: number;
  readonly #random: RandomOptions;

  /** @param p default ½. */
  constructor(p = 0.5, random: RandomOptions = {}) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`Dropout2d: p must lie in [0, 1], but is ${p}`);
    this.p = p;
    this.#random = random;
  }

  override forward(x: Tensor): Tensor {
    return this.training ? dropout2d(x, this.p, this.#random) : x;
  }

  protected override settings(): string {
    return showArguments(this.p);
  }
}
