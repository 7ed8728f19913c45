import { BatchNorm2d, Conv2d, type Module, ReLU } from "../../../dist/nn/index.js";

export interface ConvNormOptions {
  readonly stride?: number;
  readonly groups?: number;
  /** What follows the normalization; default ReLU, null for nothing. */
  readonly activation?: (() => Module) | null;
  readonly eps?: number;
}

/** Convolution without a bias that keeps the extents (but for its stride), batch normalization, activation. */
export function convNorm(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  { stride = 1, groups = 1, activation = () => new ReLU(), eps = 1e-5 }: ConvNormOptions = {},
): Module[] {
  const padding = (kernelSize - 1) / 2;
  return [
    new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, groups, bias: false }),
    new BatchNorm2d(outChannels, { eps }),
    ...(activation ? [activation()] : []),
  ];
}
