import type { Tensor } from "../core/tensor.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { LocalResponseNorm } from "../nn/local-response-norm.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { flatten } from "../ops/movement.ts";
import { imagenet, imagenetAccuracy } from "./imagenet.ts";
import { gaussian, initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Figure 2: channels of the five convolutions, of both towers together, and units of the two hidden layers. */
const [c1, c2, c3, c4, c5] = [96, 256, 384, 384, 256] as const;
const hidden = 4096;

/** Section 3.3; alpha is there the factor of the sum and not, as here, of the mean over the five channels. */
function normalization(): LocalResponseNorm {
  return new LocalResponseNorm(5, { k: 2, alpha: 5 * 1e-4, beta: 0.75 });
}

/** Section 3.4: windows of 3×3 that overlap. */
function pool(): Module {
  return new MaxPool2d(3, { stride: 2 });
}

/**
 * The network of figure 2. Its two towers, which stood on two graphics cards, are the two groups of the second, fourth
 * and fifth convolution; the third one reads both.
 *
 * Images are 227×227, which give the 55×55 maps that the paper states for 224×224.
 */
export class TwoTowerAlexNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor({ numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    const conv1 = new Conv2d(inChannels, c1, 11, { stride: 4 });
    const conv2 = new Conv2d(c1, c2, 5, { padding: 2, groups: 2 });
    const conv3 = new Conv2d(c2, c3, 3, { padding: 1 });
    const conv4 = new Conv2d(c3, c4, 3, { padding: 1, groups: 2 });
    const conv5 = new Conv2d(c4, c5, 3, { padding: 1, groups: 2 });
    const [fc6, fc7] = [new Linear(c5 * 6 * 6, hidden), new Linear(hidden, hidden)];
    this.features = new Sequential(
      ...[conv1, new ReLU(), normalization(), pool()],
      ...[conv2, new ReLU(), normalization(), pool()],
      ...[conv3, new ReLU(), conv4, new ReLU(), conv5, new ReLU(), pool()],
    );
    this.classifier = new Sequential(
      ...[fc6, new ReLU(), new Dropout()],
      ...[fc7, new ReLU(), new Dropout()],
      new Linear(hidden, numClasses),
    );
    // Section 5: the ones keep the units that follow in the range where ReLU learns.
    initialize(this, { conv: gaussian(0.01), linear: gaussian(0.01) });
    for (const { bias } of [conv2, conv4, conv5, fc6, fc7]) init.constant(bias!, 1);
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.features.forward(x), 1));
  }
}

export const alexnet2012Entries: readonly ModelEntry[] = [
  {
    ...imagenet,
    name: "alexnet_2012",
    inputShape: [3, 227, 227],
    paper:
      "Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural Networks. NIPS",
    year: 2012,
    novelty:
      "A large convolutional network with ReLU and dropout, trained on two graphics cards, halves the best error so far",
    parameters: 60_965_224,
    macs: 724_406_816,
    accuracy: imagenetAccuracy(59.3, 81.8),
    head: ["classifier.6"],
    create: (options?: ModelOptions): TwoTowerAlexNet => new TwoTowerAlexNet(options),
  },
];
