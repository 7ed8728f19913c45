// Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks. CVPR 2017.

import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Identity,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from "../../../dist/nn/index.js";
import { Branches } from "./branches.ts";
import { pooledClassifier } from "./classifier.ts";
import { convNorm } from "./conv-norm.ts";
import type { Network } from "./network.ts";

/** Table 1, DenseNet-121: layers of the dense blocks. */
const blocks = [6, 12, 24, 16] as const;
const growthRate = 32;
/** Of the 1×1 convolutions, in growth rates. */
const bottleneckWidth = 4;

/** BN, ReLU and convolution in the paper's order. */
function normConv(inChannels: number, outChannels: number, kernelSize: number): Module[] {
  const padding = (kernelSize - 1) / 2;
  return [
    new BatchNorm2d(inChannels),
    new ReLU(),
    new Conv2d(inChannels, outChannels, kernelSize, { padding, bias: false }),
  ];
}

/** Equation 2: the input, and beside it what the layer makes of it. */
function denseLayer(inChannels: number): Module {
  const width = bottleneckWidth * growthRate;
  return new Branches(
    new Identity(),
    new Sequential(...normConv(inChannels, width, 1), ...normConv(width, growthRate, 3)),
  );
}

export const densenet121: Network = {
  name: "densenet121",
  inputShape: [3, 224, 224],
  gain: 1,
  create: () => {
    let channels = 2 * growthRate;
    const parts = blocks.flatMap((count, block) => {
      const layers = Array.from({ length: count }, (_, i) => denseLayer(channels + i * growthRate));
      channels += count * growthRate;
      if (block === blocks.length - 1) return layers;
      const inChannels = channels;
      channels /= 2;
      return [...layers, ...normConv(inChannels, channels, 1), new AvgPool2d(2)];
    });
    return new Sequential(
      ...convNorm(3, 2 * growthRate, 7, { stride: 2 }),
      new MaxPool2d(3, { stride: 2, padding: 1 }),
      ...parts,
      new BatchNorm2d(channels),
      new ReLU(),
      ...pooledClassifier(channels),
    );
  },
};
