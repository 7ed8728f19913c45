import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { flatten } from "../ops/movement.ts";
import { imagenet, imagenetAccuracy, spread } from "./imagenet.ts";
import { heFanOut, initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Figure 5: output channels of each block's separable convolutions, and the stride of its pooling. */
const blocks = [
  [[128, 128], 2],
  [[256, 256], 2],
  [[728, 728], 2],
  ...Array.from({ length: 8 }, () => [[728, 728, 728], 1] as const),
  [[728, 1024], 2],
] as const;

const stemChannels = [32, 64] as const;
const exitChannels = [1536, 2048] as const;

/** A 3×3 filter for each channel, and a 1×1 convolution over all of them. */
class SeparableConv2d extends Module {
  readonly conv1: Conv2d;
  readonly pointwise: Conv2d;

  constructor(inChannels: number, outChannels: number) {
    super();
    this.conv1 = new Conv2d(inChannels, inChannels, 3, { padding: 1, groups: inChannels, bias: false });
    this.pointwise = new Conv2d(inChannels, outChannels, 1, { bias: false });
  }

  override forward(x: Tensor): Tensor {
    return this.pointwise.forward(this.conv1.forward(x));
  }
}

/** Separable convolutions, each behind a ReLU, beside a shortcut that is a 1×1 convolution where shapes differ. */
class Block extends Module {
  readonly rep: Sequential;
  readonly skip: Conv2d | undefined;
  readonly skipbn: BatchNorm2d | undefined;

  /** @param activated whether what goes in has been through a ReLU already. */
  constructor(inChannels: number, widths: readonly number[], stride: number, activated: boolean) {
    super();
    const outChannels = widths.at(-1)!;
    this.rep = new Sequential(
      ...widths.flatMap((width, i): Module[] => [
        ...(i === 0 && activated ? [] : [new ReLU()]),
        new SeparableConv2d(widths[i - 1] ?? inChannels, width),
        new BatchNorm2d(width),
      ]),
      ...(stride > 1 ? [new MaxPool2d(3, { stride, padding: 1 })] : []),
    );
    if (stride === 1 && inChannels === outChannels) return;
    this.skip = new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
    this.skipbn = new BatchNorm2d(outChannels);
  }

  override forward(x: Tensor): Tensor {
    const shortcut = this.skip && this.skipbn ? this.skipbn.forward(this.skip.forward(x)) : x;
    return add(this.rep.forward(x), shortcut);
  }
}

/** Images to logits; the names are timm's. */
export class Xception extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d = new BatchNorm2d(stemChannels[0]);
  readonly conv2: Conv2d = new Conv2d(stemChannels[0], stemChannels[1], 3, { bias: false });
  readonly bn2: BatchNorm2d = new BatchNorm2d(stemChannels[1]);
  readonly relu: ReLU = new ReLU();
  readonly conv3: SeparableConv2d = new SeparableConv2d(blocks.at(-1)![0].at(-1)!, exitChannels[0]);
  readonly bn3: BatchNorm2d = new BatchNorm2d(exitChannels[0]);
  readonly conv4: SeparableConv2d = new SeparableConv2d(...exitChannels);
  readonly bn4: BatchNorm2d = new BatchNorm2d(exitChannels[1]);
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;
  readonly #blocks: readonly Block[];

  constructor({ numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    this.conv1 = new Conv2d(inChannels, stemChannels[0], 3, { stride: 2, bias: false });
    this.#blocks = blocks.map(([widths, stride], i) => {
      const before = i === 0 ? stemChannels[1] : blocks[i - 1]![0].at(-1)!;
      return new Block(before, widths, stride, i === 0);
    });
    this.fc = new Linear(exitChannels[1], numClasses);
    initialize(this, { conv: heFanOut });
  }

  /** The blocks count from one and stand in no list. */
  override *members(): ReturnType<Module["members"]> {
    yield* super.members();
    for (const [i, block] of this.#blocks.entries()) yield [`block${i + 1}`, block];
  }

  override forward(x: Tensor): Tensor {
    const { relu } = this;
    const y1 = relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const y2 = relu.forward(this.bn2.forward(this.conv2.forward(y1)));
    const features = this.#blocks.reduce((y, block) => block.forward(y), y2);
    const y3 = relu.forward(this.bn3.forward(this.conv3.forward(features)));
    const y4 = relu.forward(this.bn4.forward(this.conv4.forward(y3)));
    return this.fc.forward(flatten(this.avgpool.forward(y4), 1));
  }
}

export const xceptionEntries: readonly ModelEntry[] = [
  {
    ...imagenet,
    name: "xception",
    inputShape: [3, 299, 299],
    paper: "Chollet: Xception: Deep Learning with Depthwise Separable Convolutions. CVPR",
    year: 2017,
    novelty:
      "Inception's branches at their limit, one for each channel, are depthwise separable convolutions with shortcuts",
    parameters: 22_855_952,
    macs: 8_357_403_496,
    accuracy: imagenetAccuracy(78.892, 94.292),
    head: ["fc"],
    weights: {
      source:
        "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-cadene/xception-43020ad28.pth",
      preprocessing: {
        inputSize: [3, 299, 299],
        resize: 333,
        interpolation: "bicubic",
        cropMode: "center",
        ...spread,
      },
    },
    create: (options) => new Xception(options),
  },
];
