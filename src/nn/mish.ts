import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { mish } from "../ops/gated-units.ts";
import { Module } from "./module.ts";

/** x · tanh(ln(1 + eˣ)) */
export class Mish extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return mish(x);
  }
}
