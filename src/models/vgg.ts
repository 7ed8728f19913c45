import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { flatten } from "../ops/movement.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { gaussian, heFanOut, initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Channels of the 3×3 convolutions of the five blocks, after each of which comes a pooling. */
const widths = [64, 128, 256, 512, 512] as const;

/** Table 1: convolutions of each block. */
const configurations = {
  A: [1, 1, 2, 2, 2],
  B: [2, 2, 2, 2, 2],
  D: [2, 2, 3, 3, 3],
  E: [2, 2, 4, 4, 4],
} as const;

export interface VGGSettings {
  readonly configuration: keyof typeof configurations;
  /** Whether every convolution is followed by batch normalization, which is younger than the paper. */
  readonly batchNorm: boolean;
}

function features({ configuration, batchNorm }: VGGSettings, inChannels: number): Sequential {
  let channels = inChannels;
  const convolution = (width: number): Module[] => {
    const conv = new Conv2d(channels, width, 3, { padding: 1 });
    channels = width;
    return batchNorm ? [conv, new BatchNorm2d(width), new ReLU()] : [conv, new ReLU()];
  };
  const blocks = configurations[configuration].map((count, i) => {
    const convolutions = Array.from({ length: count }, () => convolution(widths[i]!)).flat();
    return [...convolutions, new MaxPool2d(2)];
  });
  return new Sequential(...blocks.flat());
}

export class VGG extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(7);
  readonly classifier: Sequential;

  constructor(settings: VGGSettings, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    this.features = features(settings, inChannels);
    this.classifier = new Sequential(
      ...[new Linear(512 * 7 * 7, 4096), new ReLU(), new Dropout()],
      ...[new Linear(4096, 4096), new ReLU(), new Dropout()],
      new Linear(4096, numClasses),
    );
    initialize(this, { conv: heFanOut, linear: gaussian(0.01) });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x)), 1));
  }
}

const paper = {
  ...imagenet,
  paper: "Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ICLR",
  year: 2015,
  novelty: "Depth from nothing but 3×3 convolutions, two or three of which see what a larger kernel sees",
  head: ["classifier.6"],
} as const;

const plain =
  (configuration: VGGSettings["configuration"]) =>
  (options?: ModelOptions): VGG =>
    new VGG({ configuration, batchNorm: false }, options);

const normalized =
  (configuration: VGGSettings["configuration"]) =>
  (options?: ModelOptions): VGG =>
    new VGG({ configuration, batchNorm: true }, options);

export const vggEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "vgg11",
    parameters: 132_863_336,
    macs: 7_609_090_048,
    accuracy: imagenetAccuracy(69.02, 88.628),
    weights: torchvision("vgg11-8a719046"),
    create: plain("A"),
  },
  {
    ...paper,
    name: "vgg11_bn",
    parameters: 132_868_840,
    macs: 7_609_090_048,
    accuracy: imagenetAccuracy(70.37, 89.81),
    weights: torchvision("vgg11_bn-6002323d"),
    create: normalized("A"),
  },
  {
    ...paper,
    name: "vgg13",
    parameters: 133_047_848,
    macs: 11_308_466_176,
    accuracy: imagenetAccuracy(69.928, 89.246),
    weights: torchvision("vgg13-19584684"),
    create: plain("B"),
  },
  {
    ...paper,
    name: "vgg13_bn",
    parameters: 133_053_736,
    macs: 11_308_466_176,
    accuracy: imagenetAccuracy(71.586, 90.374),
    weights: torchvision("vgg13_bn-abd245e5"),
    create: normalized("B"),
  },
  {
    ...paper,
    name: "vgg16",
    parameters: 138_357_544,
    macs: 15_470_264_320,
    accuracy: imagenetAccuracy(71.592, 90.382),
    weights: torchvision("vgg16-397923af"),
    create: plain("D"),
  },
  {
    ...paper,
    name: "vgg16_bn",
    parameters: 138_365_992,
    macs: 15_470_264_320,
    accuracy: imagenetAccuracy(73.36, 91.516),
    weights: torchvision("vgg16_bn-6c64b313"),
    create: normalized("D"),
  },
  {
    ...paper,
    name: "vgg19",
    parameters: 143_667_240,
    macs: 19_632_062_464,
    accuracy: imagenetAccuracy(72.376, 90.876),
    weights: torchvision("vgg19-dcbb9e9d"),
    create: plain("E"),
  },
  {
    ...paper,
    name: "vgg19_bn",
    parameters: 143_678_248,
    macs: 19_632_062_464,
    accuracy: imagenetAccuracy(74.218, 91.842),
    weights: torchvision("vgg19_bn-c79401a0"),
    create: normalized("E"),
  },
];
