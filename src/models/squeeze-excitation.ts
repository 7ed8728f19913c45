import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sigmoid } from "../nn/sigmoid.ts";
import { mul } from "../ops/arithmetic.ts";

export interface SqueezeExcitationOptions {
  /** What stands between the two layers; default ReLU. */
  readonly activation?: Module;
  /** What makes factors of the second layer's outputs; default the logistic function. */
  readonly scaleActivation?: Module;
}

/**
 * x · s(W₂ a(W₁ mean(x))): each channel of [N, C, H, W] times a factor that all channels' means decide.
 *
 * Hu, Shen, Sun: Squeeze-and-Excitation Networks (2018), equations 2 to 4.
 */
export class SqueezeExcitation extends Module {
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly fc1: Conv2d;
  readonly fc2: Conv2d;
  readonly activation: Module;
  readonly scaleActivation: Module;

  constructor(channels: number, squeezed: number, options: SqueezeExcitationOptions = {}) {
    super();
    const { activation = new ReLU(), scaleActivation = new Sigmoid() } = options;
    this.fc1 = new Conv2d(channels, squeezed, 1);
    this.fc2 = new Conv2d(squeezed, channels, 1);
    this.activation = activation;
    this.scaleActivation = scaleActivation;
  }

  override forward(x: Tensor): Tensor {
    const squeezed = this.activation.forward(this.fc1.forward(this.avgpool.forward(x)));
    return mul(x, this.scaleActivation.forward(this.fc2.forward(squeezed)));
  }
}
