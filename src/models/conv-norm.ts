import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";

export interface ConvNormOptions {
  readonly stride?: number;
  /** Default what keeps the extents at stride 1. */
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** What follows the normalization; default ReLU, null for nothing. */
  readonly activation?: (() => Module) | null;
  readonly eps?: number;
  readonly momentum?: number;
}

/** The parts of {@link convNorm}, for a longer sequence. */
export function convNormParts(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  options: ConvNormOptions = {},
): Module[] {
  const { stride = 1, dilation = 1, groups = 1, activation = () => new ReLU(), eps, momentum } = options;
  const { padding = (dilation * (kernelSize - 1)) / 2 } = options;
  return [
    new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, dilation, groups, bias: false }),
    new BatchNorm2d(outChannels, { ...(eps && { eps }), ...(momentum && { momentum }) }),
    ...(activation ? [activation()] : []),
  ];
}

/** Convolution without a bias, batch normalization and activation, named 0, 1 and 2. */
export function convNorm(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  options: ConvNormOptions = {},
): Sequential {
  return new Sequential(...convNormParts(inChannels, outChannels, kernelSize, options));
}
