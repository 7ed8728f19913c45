import type { Tensor } from "../core/tensor.ts";
import { dropout, type RandomOptions } from "../ops/random.ts";
import { DropLayer } from "./drop-layer.ts";

/**
 * In training, each element is 0 with probability p and x / (1 − p) otherwise.
 *
 * In evaluation it returns x itself.
 *
 * Srivastava et al.: Dropout (2014), section 4, scaled in training instead of in use.
 */
export class Dropout extends DropLayer {
  /** @param p default ½. */
  constructor(p = 0.5, random: RandomOptions = {}) {
    super("Dropout", p, random);
  }

  protected override drop(x: Tensor, p: number, random: RandomOptions): Tensor {
    return dropout(x, p, random);
  }
}
