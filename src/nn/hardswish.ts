import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { hardswish } from "../ops/hard-activations.ts";
import { Module } from "./module.ts";

/** x · min(max(x + 3, 0), 6) / 6 */
export class Hardswish extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}
