// Tan, Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML 2019.
// Hu, Shen, Sun: Squeeze-and-Excitation Networks. CVPR 2018.

import { mul, type Tensor } from "../../../dist/index.js";
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Module,
  Residual,
  Sequential,
  Sigmoid,
  SiLU,
} from "../../../dist/nn/index.js";
import { pooledClassifier } from "./classifier.ts";
import { convNorm } from "./conv-norm.ts";
import type { Network } from "./network.ts";

/** Table 1, stages 2 to 8: expansion, kernel size, stride of the first, output channels, layers. */
const table = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

const activation = () => new SiLU();

/** x times one factor for each channel, between 0 and 1, that is computed from all channels' means. */
class SqueezeExcitation extends Module {
  readonly gate: Module;

  constructor(channels: number, squeezed: number) {
    super();
    this.gate = new Sequential(
      new AdaptiveAvgPool2d(1),
      new Conv2d(channels, squeezed, 1),
      new SiLU(),
      new Conv2d(squeezed, channels, 1),
      new Sigmoid(),
    );
  }

  override forward(x: Tensor): Tensor {
    return mul(x, this.gate.forward(x));
  }
}

/** MobileNetV2's inverted residual block with squeeze and excitation to a quarter of the block's input channels. */
function mbConv(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  stride: number,
  expansion: number,
) {
  const hidden = expansion * inChannels;
  const body = new Sequential(
    ...(expansion === 1 ? [] : convNorm(inChannels, hidden, 1, { activation })),
    ...convNorm(hidden, hidden, kernelSize, { stride, groups: hidden, activation }),
    new SqueezeExcitation(hidden, inChannels / 4),
    ...convNorm(hidden, outChannels, 1, { activation: null }),
  );
  return stride === 1 && inChannels === outChannels ? new Residual<Module>(body) : body;
}

export const efficientnetB0: Network = {
  name: "efficientnetb0",
  inputShape: [3, 224, 224],
  gain: 1.05,
  create: () => {
    let channels = 32;
    const blocks = table.flatMap(([expansion, kernelSize, stride, outChannels, layers]) =>
      Array.from({ length: layers }, (_, position): Module => {
        const first = position === 0 ? stride : 1;
        const block = mbConv(channels, outChannels, kernelSize, first, expansion);
        channels = outChannels;
        return block;
      }),
    );
    return new Sequential(
      ...convNorm(3, 32, 3, { stride: 2, activation }),
      ...blocks,
      ...convNorm(channels, 1280, 1, { activation }),
      ...pooledClassifier(1280),
    );
  },
};
