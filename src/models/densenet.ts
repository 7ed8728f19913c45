import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { AvgPool2d } from "../nn/avg-pool2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { concat, flatten } from "../ops/movement.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { NamedSequential, numbered } from "./named-sequential.ts";

export interface DenseNetSettings {
  /** Layers of the four dense blocks. */
  readonly layers: readonly [number, number, number, number];
  /** Channels that every layer adds, k in the paper. */
  readonly growthRate: number;
}

export type DenseNetName = "densenet121" | "densenet161" | "densenet169" | "densenet201";

/** Table 1, and DenseNet-161 of the authors' repository. */
const densenets: Readonly<Record<DenseNetName, DenseNetSettings>> = {
  densenet121: { layers: [6, 12, 24, 16], growthRate: 32 },
  densenet161: { layers: [6, 12, 36, 24], growthRate: 48 },
  densenet169: { layers: [6, 12, 32, 32], growthRate: 32 },
  densenet201: { layers: [6, 12, 48, 32], growthRate: 32 },
};

/** Channels of the 1×1 convolutions, in growth rates (section 3, bottleneck layers). */
const bottleneckWidth = 4;

/** Equation 2: the input, and beside it what batch normalization, ReLU and convolution, twice, make of it. */
class DenseLayer extends Module {
  readonly norm1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly relu: ReLU = new ReLU();

  constructor(inChannels: number, growthRate: number) {
    super();
    const width = bottleneckWidth * growthRate;
    this.norm1 = new BatchNorm2d(inChannels);
    this.conv1 = new Conv2d(inChannels, width, 1, { bias: false });
    this.norm2 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, growthRate, 3, { padding: 1, bias: false });
  }

  override forward(x: Tensor): Tensor {
    const y = this.conv1.forward(this.relu.forward(this.norm1.forward(x)));
    return concat([x, this.conv2.forward(this.relu.forward(this.norm2.forward(y)))], 1);
  }
}

/** Half as many channels and half the extents (section 3, compression with θ = ½). */
function transition(inChannels: number): NamedSequential {
  return new NamedSequential({
    norm: new BatchNorm2d(inChannels),
    relu: new ReLU(),
    conv: new Conv2d(inChannels, Math.floor(inChannels / 2), 1, { bias: false }),
    pool: new AvgPool2d(2),
  });
}

export class DenseNet extends Module {
  readonly features: NamedSequential;
  readonly relu: ReLU = new ReLU();
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Linear;

  constructor(
    { layers, growthRate }: DenseNetSettings,
    { numClasses = 1000, inChannels = 3 }: ModelOptions = {},
  ) {
    super();
    let channels = 2 * growthRate;
    const parts: Record<string, Module> = {
      conv0: new Conv2d(inChannels, channels, 7, { stride: 2, padding: 3, bias: false }),
      norm0: new BatchNorm2d(channels),
      relu0: new ReLU(),
      pool0: new MaxPool2d(3, { stride: 2, padding: 1 }),
    };
    layers.forEach((count, i) => {
      const block = Array.from({ length: count }, () => {
        const layer = new DenseLayer(channels, growthRate);
        channels += growthRate;
        return layer;
      });
      parts[`denseblock${i + 1}`] = new NamedSequential(numbered("denselayer", block));
      if (i === layers.length - 1) return;
      parts[`transition${i + 1}`] = transition(channels);
      channels = Math.floor(channels / 2);
    });
    this.features = new NamedSequential({ ...parts, norm5: new BatchNorm2d(channels) });
    this.classifier = new Linear(channels, numClasses);
    initialize(this, { conv: init.kaimingNormal });
    init.constant(this.classifier.bias!, 0);
  }

  override forward(x: Tensor): Tensor {
    const features = this.relu.forward(this.features.forward(x));
    return this.classifier.forward(flatten(this.avgpool.forward(features), 1));
  }
}

const paper = {
  ...imagenet,
  paper: "Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks. CVPR",
  year: 2017,
  novelty:
    "Every layer of a block reads the outputs of all layers before it, so that few channels each suffice",
  head: ["classifier"],
} as const;

const create =
  (name: DenseNetName) =>
  (options?: ModelOptions): DenseNet =>
    new DenseNet(densenets[name], options);

export const densenetEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "densenet121",
    parameters: 7_978_856,
    macs: 2_834_161_664,
    accuracy: imagenetAccuracy(74.434, 91.972),
    weights: torchvision("densenet121-a639ec97"),
    create: create("densenet121"),
  },
  {
    ...paper,
    name: "densenet161",
    parameters: 28_681_000,
    macs: 7_727_907_072,
    accuracy: imagenetAccuracy(77.138, 93.56),
    weights: torchvision("densenet161-8d451a50"),
    create: create("densenet161"),
  },
  {
    ...paper,
    name: "densenet169",
    parameters: 14_149_480,
    macs: 3_359_843_328,
    accuracy: imagenetAccuracy(75.6, 92.806),
    weights: torchvision("densenet169-b2777c0a"),
    create: create("densenet169"),
  },
  {
    ...paper,
    name: "densenet201",
    parameters: 20_013_928,
    macs: 4_291_365_888,
    accuracy: imagenetAccuracy(76.896, 93.37),
    weights: torchvision("densenet201-c1103571"),
    create: create("densenet201"),
  },
];
