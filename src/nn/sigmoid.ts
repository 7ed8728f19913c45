import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { sigmoid } from "../ops/math.ts";
import { Module } from "./module.ts";

/** 1 / (1 + e⁻ˣ) */
export class Sigmoid extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
