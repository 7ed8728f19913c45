import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { flatten } from "../ops/movement.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Channels of the five convolutions, and units of the two hidden layers. */
const [c1, c2, c3, c4, c5] = [64, 192, 384, 256, 256] as const;
const hidden = 4096;

/** AlexNet as one tower: without groups and without local response normalization. */
export class AlexNet extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(6);
  readonly classifier: Sequential;

  constructor({ numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    this.features = new Sequential(
      ...[new Conv2d(inChannels, c1, 11, { stride: 4, padding: 2 }), new ReLU()],
      new MaxPool2d(3, { stride: 2 }),
      ...[new Conv2d(c1, c2, 5, { padding: 2 }), new ReLU()],
      new MaxPool2d(3, { stride: 2 }),
      ...[new Conv2d(c2, c3, 3, { padding: 1 }), new ReLU()],
      ...[new Conv2d(c3, c4, 3, { padding: 1 }), new ReLU()],
      ...[new Conv2d(c4, c5, 3, { padding: 1 }), new ReLU()],
      new MaxPool2d(3, { stride: 2 }),
    );
    this.classifier = new Sequential(
      ...[new Dropout(), new Linear(c5 * 6 * 6, hidden), new ReLU()],
      ...[new Dropout(), new Linear(hidden, hidden), new ReLU()],
      new Linear(hidden, numClasses),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x)), 1));
  }
}

export const alexnetEntries: readonly ModelEntry[] = [
  {
    ...imagenet,
    name: "alexnet",
    paper: "Krizhevsky: One Weird Trick for Parallelizing Convolutional Neural Networks. arXiv:1404.5997",
    year: 2014,
    novelty:
      "Convolutions are shared out among processors by the batch's images and fully connected layers by their units",
    parameters: 61_100_840,
    macs: 714_188_480,
    accuracy: imagenetAccuracy(56.522, 79.066),
    head: ["classifier.6"],
    weights: torchvision("alexnet-owt-7be5be79"),
    create: (options?: ModelOptions): AlexNet => new AlexNet(options),
  },
];
