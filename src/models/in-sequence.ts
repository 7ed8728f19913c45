import type { Tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";

/** What layers make of x one after another, where they have names of their own and are no `Sequential`. */
export function inSequence(layers: readonly Module[], x: Tensor): Tensor {
  return layers.reduce((y, layer) => layer.forward(y), x);
}
