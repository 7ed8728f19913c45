import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU6 } from "../nn/relu6.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { flatten } from "../ops/movement.ts";
import { convNorm, convNormParts } from "./conv-norm.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { gaussian, heFanOut, initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Table 2: expansion, output channels, blocks, and stride of the first block. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const stemChannels = 32;
const lastChannels = 1280;

const activation = () => new ReLU6();

/** Figure 4d: 1×1 to more channels, 3×3 for each channel, and 1×1 to few channels without an activation. */
class InvertedResidual extends Module {
  readonly conv: Sequential;
  readonly shortcut: boolean;

  constructor(inChannels: number, outChannels: number, stride: number, expansion: number) {
    super();
    const hidden = expansion * inChannels;
    this.conv = new Sequential(
      ...(expansion === 1 ? [] : [convNorm(inChannels, hidden, 1, { activation })]),
      convNorm(hidden, hidden, 3, { stride, groups: hidden, activation }),
      ...convNormParts(hidden, outChannels, 1, { activation: null }),
    );
    this.shortcut = stride === 1 && inChannels === outChannels;
  }

  override forward(x: Tensor): Tensor {
    const y = this.conv.forward(x);
    return this.shortcut ? add(x, y) : y;
  }
}

/** Images to logits. */
export class MobileNetV2 extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Sequential;

  constructor({ numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    let channels = stemChannels;
    const blocks = stages.flatMap(([expansion, outChannels, count, stride]) =>
      Array.from({ length: count }, (_, position) => {
        const block = new InvertedResidual(channels, outChannels, position === 0 ? stride : 1, expansion);
        channels = outChannels;
        return block;
      }),
    );
    this.features = new Sequential(
      convNorm(inChannels, stemChannels, 3, { stride: 2, activation }),
      ...blocks,
      convNorm(channels, lastChannels, 1, { activation }),
    );
    this.classifier = new Sequential(new Dropout(0.2), new Linear(lastChannels, numClasses));
    initialize(this, { conv: heFanOut, linear: gaussian(0.01) });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x)), 1));
  }
}

export const mobilenetV2Entries: readonly ModelEntry[] = [
  {
    ...imagenet,
    name: "mobilenet_v2",
    paper:
      "Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: Inverted Residuals and Linear Bottlenecks. CVPR",
    year: 2018,
    novelty:
      "Residual blocks are wide inside and narrow between, and nothing cuts off what the narrow maps hold",
    parameters: 3_504_872,
    macs: 300_774_272,
    accuracy: imagenetAccuracy(72.154, 90.822),
    head: ["classifier.1"],
    weights: torchvision("mobilenet_v2-7ebf99e0", 224, 232),
    create: (options) => new MobileNetV2(options),
  },
];
