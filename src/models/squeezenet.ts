import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import * as init from "../nn/init.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { concat, flatten } from "../ops/movement.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

interface SqueezeNetSettings {
  /** Channels and kernel of the first convolution, which has stride 2. */
  readonly stem: readonly [channels: number, kernelSize: number];
  /** Table 1, s1×1 of the modules after each of the three poolings; e1×1 and e3×3 are four times as much each. */
  readonly squeezes: readonly (readonly number[])[];
}

export type SqueezeNetName = "squeezenet1_0" | "squeezenet1_1";

/** The paper's network, and one of the authors' repository with earlier poolings and less than half the computation. */
const squeezenets: Readonly<Record<SqueezeNetName, SqueezeNetSettings>> = {
  squeezenet1_0: { stem: [96, 7], squeezes: [[16, 16, 32], [32, 48, 48, 64], [64]] },
  squeezenet1_1: {
    stem: [64, 3],
    squeezes: [
      [16, 16],
      [32, 32],
      [48, 48, 64, 64],
    ],
  },
};

/** Figure 1: 1×1 convolutions to few channels, and from these 1×1 and 3×3 side by side. */
class Fire extends Module {
  readonly squeeze: Conv2d;
  readonly expand1x1: Conv2d;
  readonly expand3x3: Conv2d;
  readonly relu: ReLU = new ReLU();

  constructor(inChannels: number, squeeze: number, expand: number) {
    super();
    this.squeeze = new Conv2d(inChannels, squeeze, 1);
    this.expand1x1 = new Conv2d(squeeze, expand, 1);
    this.expand3x3 = new Conv2d(squeeze, expand, 3, { padding: 1 });
  }

  override forward(x: Tensor): Tensor {
    const y = this.relu.forward(this.squeeze.forward(x));
    return concat(
      [this.expand1x1, this.expand3x3].map((expand) => this.relu.forward(expand.forward(y))),
      1,
    );
  }
}

export class SqueezeNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(settings: SqueezeNetSettings, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    let [channels, kernelSize] = settings.stem;
    const first = new Conv2d(inChannels, channels, kernelSize, { stride: 2 });
    const parts = settings.squeezes.flatMap((squeezes) => {
      const modules = squeezes.map((squeeze) => {
        const fire = new Fire(channels, squeeze, 4 * squeeze);
        channels = 2 * 4 * squeeze;
        return fire;
      });
      return [new MaxPool2d(3, { stride: 2, ceilMode: true }), ...modules];
    });
    const last = new Conv2d(channels, numClasses, 1);
    this.features = new Sequential(first, new ReLU(), ...parts);
    this.classifier = new Sequential(new Dropout(), last, new ReLU(), new AdaptiveAvgPool2d(1));
    initialize(this, { conv: init.kaimingUniform });
    init.normal(last.weight, 0, 0.01);
  }

  override forward(x: Tensor): Tensor {
    return flatten(this.classifier.forward(this.features.forward(x)), 1);
  }
}

const paper = {
  ...imagenet,
  paper:
    "Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer: SqueezeNet: AlexNet-level Accuracy with 50x Fewer Parameters and <0.5MB Model Size. arXiv:1602.07360",
  year: 2016,
  novelty:
    "Fire modules squeeze the channels before the 3×3 convolutions, and there is no fully connected layer",
  head: ["classifier.1"],
} as const;

const create =
  (name: SqueezeNetName) =>
  (options?: ModelOptions): SqueezeNet =>
    new SqueezeNet(squeezenets[name], options);

export const squeezenetEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "squeezenet1_0",
    parameters: 1_248_424,
    macs: 818_924_576,
    accuracy: imagenetAccuracy(58.092, 80.42),
    weights: torchvision("squeezenet1_0-b66bff10"),
    create: create("squeezenet1_0"),
  },
  {
    ...paper,
    name: "squeezenet1_1",
    parameters: 1_235_496,
    macs: 349_151_936,
    accuracy: imagenetAccuracy(58.178, 80.624),
    weights: torchvision("squeezenet1_1-b8a52dc0"),
    create: create("squeezenet1_1"),
  },
];
