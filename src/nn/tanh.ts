import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { tanh } from "../ops/math.ts";
import { Module } from "./module.ts";

/** (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) */
export class Tanh extends Module {
  declare readonly "~shape": SameShape;

  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
