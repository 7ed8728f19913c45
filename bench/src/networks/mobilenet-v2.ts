// Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: Inverted Residuals and Linear Bottlenecks. CVPR 2018.

import { type Module, ReLU6, Residual, Sequential } from "../../../dist/nn/index.js";
import { pooledClassifier } from "./classifier.ts";
import { convNorm } from "./conv-norm.ts";
import type { Network } from "./network.ts";

/** Table 2: expansion, output channels, repetitions, stride of the first. */
const table = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const activation = () => new ReLU6();

/** Figure 4d. */
function invertedResidual(inChannels: number, outChannels: number, stride: number, expansion: number) {
  const hidden = expansion * inChannels;
  const body = new Sequential(
    ...(expansion === 1 ? [] : convNorm(inChannels, hidden, 1, { activation })),
    ...convNorm(hidden, hidden, 3, { stride, groups: hidden, activation }),
    ...convNorm(hidden, outChannels, 1, { activation: null }),
  );
  return stride === 1 && inChannels === outChannels ? new Residual<Module>(body) : body;
}

export const mobilenetV2: Network = {
  name: "mobilenetv2",
  inputShape: [3, 224, 224],
  gain: 1,
  create: () => {
    let channels = 32;
    const blocks = table.flatMap(([expansion, outChannels, repetitions, stride]) =>
      Array.from({ length: repetitions }, (_, position): Module => {
        const block = invertedResidual(channels, outChannels, position === 0 ? stride : 1, expansion);
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
