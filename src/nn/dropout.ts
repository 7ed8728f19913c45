import { ArgumentError } from "../core/errors.ts";
import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { dropout, type RandomOptions } from "../ops/random.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/**
 * In training, each element is 0 with probability p and x / (1 − p) otherwise.
 *
 * In evaluation it returns x itself.
 *
 * Srivastava et al.: Dropout (2014), section 4, scaled in training instead of in use.
 */
export class Dropout extends Module {
  declare readonly "~shape": SameShape;
  readonly p: number;
  readonly #random: RandomOptions;

  /** @param p default ½. */
  constructor(p = 0.5, random: RandomOptions = {}) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`Dropout: p must lie in [0, 1], but is ${p}`);
    this.p = p;
    this.#random = random;
  }

  override forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.p, this.#random) : x;
  }

  protected override settings(): string {
    return showArguments(this.p);
  }
}
