import type { Tensor } from "../core/tensor.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import type { PerAxis } from "../ops/spatial.ts";

export interface InceptionConvOptions {
  readonly stride?: number;
  readonly padding?: PerAxis;
}

/** Convolution, batch normalization with the Inception networks' eps of 10⁻³, and ReLU, named `conv` and `bn`. */
export class InceptionConv extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly relu: ReLU = new ReLU();

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: InceptionConvOptions = {},
  ) {
    super();
    const { stride = 1, padding = 0 } = options;
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, bias: false });
    this.bn = new BatchNorm2d(outChannels, { eps: 1e-3 });
  }

  override forward(x: Tensor): Tensor {
    return this.relu.forward(this.bn.forward(this.conv.forward(x)));
  }
}
