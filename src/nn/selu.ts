import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { selu } from "../ops/exponential-units.ts";
import { Module } from "./module.ts";

/** scale · elu(x, alpha) with the constants whose fixed point is mean 0 and variance 1. */
export class SELU extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}
