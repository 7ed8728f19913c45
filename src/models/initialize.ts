import { Conv2d } from "../nn/conv2d.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import type { Module } from "../nn/module.ts";
import type { Parameter } from "../nn/parameter.ts";

/** How a paper's networks start, by kind of layer; what is left out keeps the layer's own initial values. */
export interface InitialValues {
  readonly conv?: (weight: Parameter) => void;
  readonly linear?: (weight: Parameter) => void;
}

/** N(0, 2/fanOut), which keeps the variance of gradients through ReLU (He et al. 2015, section 2.2). */
export function heFanOut(weight: Parameter): void {
  init.kaimingNormal(weight, { mode: "fanOut" });
}

/** N(0, std²). */
export function gaussian(std: number): (weight: Parameter) => void {
  return (weight) => {
    init.normal(weight, 0, std);
  };
}

/** Gives every convolution and linear layer of the named kinds its initial weight, and zero for a bias. */
export function initialize<M extends Module>(model: M, { conv, linear }: InitialValues): M {
  for (const layer of model.namedModules().values()) {
    if (!(layer instanceof Conv2d || layer instanceof Linear)) continue;
    const draw = layer instanceof Conv2d ? conv : linear;
    if (!draw) continue;
    draw(layer.weight);
    if (layer.bias) init.constant(layer.bias, 0);
  }
  return model;
}
