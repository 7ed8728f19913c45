// He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition. CVPR 2016. With the stride of a bottleneck on its
// 3×3 convolution, as torchvision has it.

import { MaxPool2d, type Module, ReLU, Residual, Sequential } from "../../../dist/nn/index.js";
import { pooledClassifier } from "./classifier.ts";
import { convNorm } from "./conv-norm.ts";
import type { Network } from "./network.ts";

/** Channels of the stages; each but the first halves the extents. */
const widths = [64, 128, 256, 512] as const;

interface Block {
  /** Output channels by channels of the 3×3 convolutions. */
  readonly expansion: number;
  branch(inChannels: number, width: number, stride: number): Module[];
}

/** Figure 5, left. */
const basic: Block = {
  expansion: 1,
  branch: (inChannels, width, stride) => [
    ...convNorm(inChannels, width, 3, { stride }),
    ...convNorm(width, width, 3, { activation: null }),
  ],
};

/** Figure 5, right. */
const bottleneck: Block = {
  expansion: 4,
  branch: (inChannels, width, stride) => [
    ...convNorm(inChannels, width, 1),
    ...convNorm(width, width, 3, { stride }),
    ...convNorm(width, 4 * width, 1, { activation: null }),
  ],
};

function stages(block: Block, layers: readonly number[]): Module[] {
  let channels: number = widths[0];
  return layers.flatMap((count, stage) =>
    Array.from({ length: count }, (_, position) => {
      const width = widths[stage]!;
      const stride = stage > 0 && position === 0 ? 2 : 1;
      const inChannels = channels;
      channels = block.expansion * width;
      const body = new Sequential(...block.branch(inChannels, width, stride));
      const fits = stride === 1 && inChannels === channels;
      const shortcut = fits
        ? []
        : [new Sequential(...convNorm(inChannels, channels, 1, { stride, activation: null }))];
      return new Sequential(new Residual<Module, Module>(body, ...shortcut), new ReLU());
    }),
  );
}

function resnet(name: string, block: Block, layers: readonly number[], gain: number): Network {
  return {
    name,
    inputShape: [3, 224, 224],
    gain,
    create: () =>
      new Sequential(
        ...convNorm(3, 64, 7, { stride: 2 }),
        new MaxPool2d(3, { stride: 2, padding: 1 }),
        ...stages(block, layers),
        ...pooledClassifier(512 * block.expansion),
      ),
  };
}

export const resnet18: Network = resnet("resnet18", basic, [2, 2, 2, 2], 0.8);
export const resnet50: Network = resnet("resnet50", bottleneck, [3, 4, 6, 3], 0.8);

/** ResNet-18 for 32×32: a 3×3 convolution with stride 1 for the stem, and no pooling before the stages. */
export const cifarResnet18: Network = {
  name: "cifar-resnet18",
  inputShape: [3, 32, 32],
  gain: 0.8,
  create: () =>
    new Sequential(...convNorm(3, 64, 3), ...stages(basic, [2, 2, 2, 2]), ...pooledClassifier(512, 10)),
};
