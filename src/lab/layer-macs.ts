import { traceLayers } from "../analyze/trace-layers.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { tensor } from "../core/tensor.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Linear } from "../nn/linear.ts";
import type { Module } from "../nn/module.ts";

/** Multiply-accumulates of a network's convolutions and linear layers for one image of shape (C, H, W). */
export function layerMacs(model: Module, imageShape: Shape): number {
  const x = tensor(new Float32Array(sizeOf(imageShape)), { shape: [1, ...imageShape] });
  return traceLayers(model, x).calls.reduce((total, { module, output }) => {
    // Each element of a convolution's output is a sum over one filter, and a filter is used at every position.
    if (module instanceof Conv2d) return total + sizeOf(output.shape.slice(2)) * sizeOf(module.weight.shape);
    if (module instanceof Linear) return total + sizeOf(module.weight.shape);
    return total;
  }, 0);
}
