// Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ICLR 2015.

import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential } from "../../../dist/nn/index.js";
import { numClasses } from "./classifier.ts";
import type { Network } from "./network.ts";

/** Table 1, column D: channels of the 3×3 convolutions between the poolings. */
const configurationD = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
] as const;

export const vgg16: Network = {
  name: "vgg16",
  inputShape: [3, 224, 224],
  gain: 1,
  create: () => {
    let channels = 3;
    const convolution = (width: number) => {
      const layer = new Conv2d(channels, width, 3, { padding: 1 });
      channels = width;
      return [layer, new ReLU()];
    };
    return new Sequential(
      ...configurationD.flatMap((widths) => [...widths.flatMap(convolution), new MaxPool2d(2)]),
      new Flatten(),
      ...[new Linear(512 * 7 * 7, 4096), new ReLU(), new Dropout(0.5)],
      ...[new Linear(4096, 4096), new ReLU(), new Dropout(0.5)],
      new Linear(4096, numClasses),
    );
  },
};
