import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { relu } from "../ops/rectifiers.ts";
import { Module } from "./module.ts";

/** max(0, x) */
export class ReLU extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}
