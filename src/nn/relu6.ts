import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { relu6 } from "../ops/rectifiers.ts";
import { Module } from "./module.ts";

/** min(max(0, x), 6) */
export class ReLU6 extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return relu6(x);
  }
}
