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
import { convNorm } from "./conv-norm.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { inSequence } from "./in-sequence.ts";
import { heFanOut, initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Channels of the four stages' 3×3 convolutions. */
const widths = [64, 128, 256, 512] as const;

export interface ResNetBlockSettings {
  readonly inChannels: number;
  /** Channels of the stage. */
  readonly width: number;
  readonly stride: number;
  readonly dilation: number;
  /** Groups of the 3×3 convolution, and its channels for each group and 64 of `width`. */
  readonly groups: number;
  readonly widthPerGroup: number;
  readonly downsample: Module | undefined;
}

/** Figure 5, left: two 3×3 convolutions. */
class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Module | undefined;

  constructor({ inChannels, width, stride, downsample }: ResNetBlockSettings) {
    super();
    this.conv1 = new Conv2d(inChannels, width, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(width);
    this.downsample = downsample;
  }

  override forward(x: Tensor): Tensor {
    const y = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const residual = this.bn2.forward(this.conv2.forward(y));
    return this.relu.forward(add(residual, this.downsample?.forward(x) ?? x));
  }
}

/** Figure 5, right: 1×1, 3×3 and 1×1. The stride is on the 3×3, as torchvision has it, and not on the first. */
class Bottleneck extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu: ReLU = new ReLU();
  readonly downsample: Module | undefined;

  constructor(settings: ResNetBlockSettings) {
    super();
    const { inChannels, width, stride, dilation, groups, widthPerGroup, downsample } = settings;
    const inner = Math.floor((width * widthPerGroup) / 64) * groups;
    const outChannels = width * bottleneck.expansion;
    this.conv1 = new Conv2d(inChannels, inner, 1, { bias: false });
    this.bn1 = new BatchNorm2d(inner);
    this.conv2 = new Conv2d(inner, inner, 3, { stride, padding: dilation, dilation, groups, bias: false });
    this.bn2 = new BatchNorm2d(inner);
    this.conv3 = new Conv2d(inner, outChannels, 1, { bias: false });
    this.bn3 = new BatchNorm2d(outChannels);
    this.downsample = downsample;
  }

  override forward(x: Tensor): Tensor {
    const y1 = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const y2 = this.relu.forward(this.bn2.forward(this.conv2.forward(y1)));
    const residual = this.bn3.forward(this.conv3.forward(y2));
    return this.relu.forward(add(residual, this.downsample?.forward(x) ?? x));
  }
}

export interface ResNetBlock {
  /** Output channels by the stage's width. */
  readonly expansion: number;
  readonly create: (settings: ResNetBlockSettings) => Module;
}

export const basic: ResNetBlock = { expansion: 1, create: (settings) => new BasicBlock(settings) };
export const bottleneck: ResNetBlock = { expansion: 4, create: (settings) => new Bottleneck(settings) };

export interface ResNetSettings {
  readonly block: ResNetBlock;
  /** Blocks of the four stages, table 1. */
  readonly layers: readonly [number, number, number, number];
  readonly groups?: number;
  readonly widthPerGroup?: number;
  /** Stages whose stride becomes dilation, so that their maps keep their extents; default none. */
  readonly dilated?: readonly [boolean, boolean, boolean, boolean];
}

/** The four stages; each but the first halves the extents, unless its stride becomes dilation. */
function stages({ block, layers, groups = 1, widthPerGroup = 64, dilated }: ResNetSettings): Sequential[] {
  let inChannels: number = widths[0];
  let dilation = 1;
  return layers.map((count, stage) => {
    const width = widths[stage]!;
    const outChannels = width * block.expansion;
    const strided = stage > 0 && !dilated?.[stage];
    const blocks = Array.from({ length: count }, (_, position) => {
      const stride = strided && position === 0 ? 2 : 1;
      const fits = stride === 1 && inChannels === outChannels;
      const downsample = fits
        ? undefined
        : convNorm(inChannels, outChannels, 1, { stride, activation: null });
      const made = block.create({ inChannels, width, stride, dilation, groups, widthPerGroup, downsample });
      inChannels = outChannels;
      if (position === 0 && dilated?.[stage]) dilation *= 2;
      return made;
    });
    return new Sequential(...blocks);
  });
}

/** Everything of a ResNet before its classifier: images to maps of 1/32 of their extents. */
export abstract class ResNetTrunk extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d = new BatchNorm2d(64);
  readonly relu: ReLU = new ReLU();
  readonly maxpool: MaxPool2d = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;

  protected constructor(settings: ResNetSettings, inChannels: number) {
    super();
    this.conv1 = new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, bias: false });
    const [layer1, layer2, layer3, layer4] = stages(settings);
    this.layer1 = layer1!;
    this.layer2 = layer2!;
    this.layer3 = layer3!;
    this.layer4 = layer4!;
  }

  protected features(x: Tensor): Tensor {
    return this.layer4.forward(this.featuresBeforeLast(x));
  }

  protected featuresBeforeLast(x: Tensor): Tensor {
    const stem = this.maxpool.forward(this.relu.forward(this.bn1.forward(this.conv1.forward(x))));
    return inSequence([this.layer1, this.layer2, this.layer3], stem);
  }
}

/** Images to logits. */
export class ResNet extends ResNetTrunk {
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;

  constructor(settings: ResNetSettings, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super(settings, inChannels);
    this.fc = new Linear(widths[3] * settings.block.expansion, numClasses);
    initialize(this, { conv: heFanOut });
  }

  override forward(x: Tensor): Tensor {
    return this.fc.forward(flatten(this.avgpool.forward(this.features(x)), 1));
  }
}

/** Images to the last stage's maps, for networks that go on from there. */
export class ResNetBackbone extends ResNetTrunk {
  readonly outChannels: number;
  /** Channels of the third stage. */
  readonly lowChannels: number;

  constructor(settings: ResNetSettings, inChannels: number) {
    super(settings, inChannels);
    this.outChannels = widths[3] * settings.block.expansion;
    this.lowChannels = widths[2] * settings.block.expansion;
    initialize(this, { conv: heFanOut });
  }

  /** The maps of the third stage and of the last. */
  maps(x: Tensor): { low: Tensor; high: Tensor } {
    const low = this.featuresBeforeLast(x);
    return { low, high: this.layer4.forward(low) };
  }

  override forward(x: Tensor): Tensor {
    return this.features(x);
  }
}

export type ResNetName = "resnet18" | "resnet34" | "resnet50" | "resnet101" | "resnet152";

/** Table 1, without the numbers that are the same in all. */
export const resnets: Readonly<Record<ResNetName, ResNetSettings>> = {
  resnet18: { block: basic, layers: [2, 2, 2, 2] },
  resnet34: { block: basic, layers: [3, 4, 6, 3] },
  resnet50: { block: bottleneck, layers: [3, 4, 6, 3] },
  resnet101: { block: bottleneck, layers: [3, 4, 23, 3] },
  resnet152: { block: bottleneck, layers: [3, 8, 36, 3] },
};

const paper = {
  ...imagenet,
  paper: "He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition. CVPR",
  year: 2016,
  novelty:
    "Blocks learn what to add to their input, so that gradients pass through a hundred layers and more",
  head: ["fc"],
} as const;

const create =
  (name: ResNetName) =>
  (options?: ModelOptions): ResNet =>
    new ResNet(resnets[name], options);

export const resnetEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "resnet18",
    parameters: 11_689_512,
    macs: 1_814_073_344,
    accuracy: imagenetAccuracy(69.758, 89.078),
    weights: torchvision("resnet18-f37072fd"),
    create: create("resnet18"),
  },
  {
    ...paper,
    name: "resnet34",
    parameters: 21_797_672,
    macs: 3_663_761_408,
    accuracy: imagenetAccuracy(73.314, 91.42),
    weights: torchvision("resnet34-b627a593"),
    create: create("resnet34"),
  },
  {
    ...paper,
    name: "resnet50",
    parameters: 25_557_032,
    macs: 4_089_184_256,
    accuracy: imagenetAccuracy(80.858, 95.434),
    weights: torchvision("resnet50-11ad3fa6", 224, 232),
    create: create("resnet50"),
  },
  {
    ...paper,
    name: "resnet101",
    parameters: 44_549_160,
    macs: 7_801_405_440,
    accuracy: imagenetAccuracy(81.886, 95.78),
    weights: torchvision("resnet101-cd907fc2", 224, 232),
    create: create("resnet101"),
  },
  {
    ...paper,
    name: "resnet152",
    parameters: 60_192_808,
    macs: 11_513_626_624,
    accuracy: imagenetAccuracy(82.284, 96.002),
    weights: torchvision("resnet152-f82ba261", 224, 232),
    create: create("resnet152"),
  },
];
