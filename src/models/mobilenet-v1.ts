import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU6 } from "../nn/relu6.ts";
import { Sequential } from "../nn/sequential.ts";
import { flatten } from "../ops/movement.ts";
import { imagenet } from "./imagenet.ts";
import { inSequence } from "./in-sequence.ts";
import { gaussian, heFanOut, initialize } from "./initialize.ts";
import { makeDivisible } from "./make-divisible.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Table 1 after the first convolution: channels, blocks, and stride of the first block. */
const stages = [
  [64, 1, 1],
  [128, 2, 2],
  [256, 2, 2],
  [512, 6, 2],
  [1024, 2, 2],
] as const;

const stemChannels = 32;

/** Figure 3, right: a filter for each channel, and a 1×1 convolution over all of them; with ReLU6 as in the authors' code. */
class DepthwiseSeparable extends Module {
  readonly convDw: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly convPw: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly relu: ReLU6 = new ReLU6();

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    this.convDw = new Conv2d(inChannels, inChannels, 3, {
      stride,
      padding: 1,
      groups: inChannels,
      bias: false,
    });
    this.bn1 = new BatchNorm2d(inChannels);
    this.convPw = new Conv2d(inChannels, outChannels, 1, { bias: false });
    this.bn2 = new BatchNorm2d(outChannels);
  }

  override forward(x: Tensor): Tensor {
    const y = this.relu.forward(this.bn1.forward(this.convDw.forward(x)));
    return this.relu.forward(this.bn2.forward(this.convPw.forward(y)));
  }
}

/** Images to logits; the names are timm's. */
export class MobileNetV1 extends Module {
  readonly convStem: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU6 = new ReLU6();
  readonly blocks: readonly Sequential[];
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Linear;

  /** @param width factor of all channels, α of section 3.3. */
  constructor(width: number, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    let channels = makeDivisible(stemChannels * width);
    this.convStem = new Conv2d(inChannels, channels, 3, { stride: 2, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(channels);
    this.blocks = stages.map(([full, count, stride]) => {
      const outChannels = makeDivisible(full * width);
      const blocks = Array.from({ length: count }, (_, position) => {
        const block = new DepthwiseSeparable(channels, outChannels, position === 0 ? stride : 1);
        channels = outChannels;
        return block;
      });
      return new Sequential(...blocks);
    });
    this.classifier = new Linear(channels, numClasses);
    initialize(this, { conv: heFanOut, linear: gaussian(0.01) });
  }

  override forward(x: Tensor): Tensor {
    const stem = this.relu.forward(this.bn1.forward(this.convStem.forward(x)));
    const features = inSequence(this.blocks, stem);
    return this.classifier.forward(flatten(this.avgpool.forward(features), 1));
  }
}

const paper = {
  ...imagenet,
  paper:
    "Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam: MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications. arXiv:1704.04861",
  year: 2017,
  novelty:
    "A filter for each channel and a 1×1 convolution take the place of a full one, with one factor for all widths",
  head: ["classifier"],
} as const;

const accuracy = (top1: number) => ({ dataset: "ImageNet-1k", top1 });

/** Accuracies are the paper's, table 6. */
export const mobilenetV1Entries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "mobilenet_v1",
    parameters: 4_231_976,
    macs: 568_740_352,
    accuracy: accuracy(70.6),
    create: (options) => new MobileNetV1(1, options),
  },
  {
    ...paper,
    name: "mobilenet_v1_075",
    parameters: 2_585_560,
    macs: 325_400_448,
    accuracy: accuracy(68.4),
    create: (options) => new MobileNetV1(0.75, options),
  },
  {
    ...paper,
    name: "mobilenet_v1_050",
    parameters: 1_331_592,
    macs: 149_497_088,
    accuracy: accuracy(63.7),
    create: (options) => new MobileNetV1(0.5, options),
  },
  {
    ...paper,
    name: "mobilenet_v1_025",
    parameters: 470_072,
    macs: 41_030_272,
    accuracy: accuracy(50.6),
    create: (options) => new MobileNetV1(0.25, options),
  },
];
