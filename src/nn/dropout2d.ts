import type { Tensor } from "../core/tensor.ts";
import { dropout2d, type RandomOptions } from "../ops/random.ts";
import { DropLayer } from "./drop-layer.ts";

/**
 * In training, each channel of each sample of [N, C, …] is wholly 0 with probability p and x / (1 − p) otherwise.
 *
 * In evaluation it returns x itself.
 *
 * Tompson et al.: Efficient Object Localization Using Convolutional Networks (2014), section 3.2.
 */
export class Dropout2d extends DropLayer {
  /** @param p default ½. */
  constructor(p = 0.5, random: RandomOptions = {}) {
    super("Dropout2d", p, random);
  }

  protected override drop(x: Tensor, p: number, random: RandomOptions): Tensor {
    return dropout2d(x, p, random);
  }
}
