import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { silu } from "../ops/gated-units.ts";
import { Module } from "./module.ts";

/** x · sigmoid(x), also called swish. */
export class SiLU extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}
