import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { GELU } from "../nn/gelu.ts";
import { constant, truncNormal } from "../nn/init.ts";
import { LayerNorm } from "../nn/layer-norm.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";
import { Sequential } from "../nn/sequential.ts";
import { StochasticDepth } from "../nn/stochastic-depth.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { layerNorm } from "../ops/layer-norm.ts";
import { permute } from "../ops/movement.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

interface ConvNeXtSettings {
  /** Channels of the four stages. */
  readonly widths: readonly [number, number, number, number];
  /** Blocks of the four stages. */
  readonly depths: readonly [number, number, number, number];
  /** Probability with which training leaves out the last block; it grows from 0 with the depth. */
  readonly lastDropped: number;
}

const eps = 1e-6;

/** What each block's channels are multiplied with at first. */
const layerScale = 1e-6;

const channelsLast = [0, 2, 3, 1];
const channelsFirst = [0, 3, 1, 2];

/** Axes in another order. */
class Permute extends Module {
  readonly order: readonly number[];

  constructor(order: readonly number[]) {
    super();
    this.order = order;
  }

  override forward(x: Tensor): Tensor {
    return permute(x, this.order);
  }
}

/** Layer normalization of [N, C, H, W] over the channels of each position. */
class LayerNorm2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(channels: number) {
    super();
    this.weight = constant(Parameter.zeros([channels]), 1);
    this.bias = Parameter.zeros([channels]);
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias } = this;
    const normalized = layerNorm(permute(x, channelsLast), weight.shape, { weight, bias, eps });
    return permute(normalized, channelsFirst);
  }
}

/** Figure 4, right: 7×7 for each channel, then two layers for each position, scaled and added. */
class ConvNeXtBlock extends Module {
  readonly block: Sequential;
  readonly layerScale: Parameter;
  readonly stochasticDepth: StochasticDepth;

  constructor(channels: number, dropped: number) {
    super();
    this.block = new Sequential(
      new Conv2d(channels, channels, 7, { padding: 3, groups: channels }),
      new Permute(channelsLast),
      new LayerNorm(channels, { eps }),
      new Linear(channels, 4 * channels),
      new GELU(),
      new Linear(4 * channels, channels),
      new Permute(channelsFirst),
    );
    this.layerScale = constant(Parameter.zeros([channels, 1, 1]), layerScale);
    this.stochasticDepth = new StochasticDepth(dropped);
  }

  override forward(x: Tensor): Tensor {
    return add(this.stochasticDepth.forward(mul(this.layerScale, this.block.forward(x))), x);
  }
}

/** What stands before a stage, a patch for each position, and the stage. */
function stagesOf({ widths, depths, lastDropped }: ConvNeXtSettings, inChannels: number): Sequential[] {
  const total = depths.reduce((sum, depth) => sum + depth, 0);
  let index = 0;
  return widths.flatMap((width, stage) => {
    const before = widths[stage - 1];
    const patches = before
      ? new Sequential(new LayerNorm2d(before), new Conv2d(before, width, 2, { stride: 2 }))
      : new Sequential(new Conv2d(inChannels, width, 4, { stride: 4 }), new LayerNorm2d(width));
    const blocks = Array.from({ length: depths[stage]! }, () => {
      return new ConvNeXtBlock(width, (lastDropped * index++) / (total - 1));
    });
    return [patches, new Sequential(...blocks)];
  });
}

/** Images to logits. */
export class ConvNeXt extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Sequential;

  constructor(settings: ConvNeXtSettings, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    const width = settings.widths[3];
    this.features = new Sequential(...stagesOf(settings, inChannels));
    this.classifier = new Sequential(new LayerNorm2d(width), new Flatten(), new Linear(width, numClasses));
    const draw = (weight: Parameter) => void truncNormal(weight, 0, 0.02);
    initialize(this, { conv: draw, linear: draw });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

const paper = {
  ...imagenet,
  paper: "Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s. CVPR",
  year: 2022,
  novelty:
    "A ResNet takes over, one by one, what vision transformers do otherwise, and is as accurate without attention",
  head: ["classifier.2"],
} as const;

const create =
  (settings: ConvNeXtSettings) =>
  (options?: ModelOptions): ConvNeXt =>
    new ConvNeXt(settings, options);

export const convnextEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "convnext_tiny",
    parameters: 28_589_128,
    macs: 4_455_531_264,
    accuracy: imagenetAccuracy(82.52, 96.146),
    weights: torchvision("convnext_tiny-983f1562", 224, 236),
    create: create({ widths: [96, 192, 384, 768], depths: [3, 3, 9, 3], lastDropped: 0.1 }),
  },
  {
    ...paper,
    name: "convnext_small",
    parameters: 50_223_688,
    macs: 8_683_712_256,
    accuracy: imagenetAccuracy(83.616, 96.65),
    weights: torchvision("convnext_small-0c510722", 224, 230),
    create: create({ widths: [96, 192, 384, 768], depths: [3, 3, 27, 3], lastDropped: 0.4 }),
  },
  {
    ...paper,
    name: "convnext_base",
    parameters: 88_591_464,
    macs: 15_354_729_472,
    accuracy: imagenetAccuracy(84.062, 96.87),
    weights: torchvision("convnext_base-6075fbad", 224, 232),
    create: create({ widths: [128, 256, 512, 1024], depths: [3, 3, 27, 3], lastDropped: 0.5 }),
  },
  {
    ...paper,
    name: "convnext_large",
    parameters: 197_767_336,
    macs: 34_361_433_600,
    accuracy: imagenetAccuracy(84.414, 96.976),
    weights: torchvision("convnext_large-ea097f82", 224, 232),
    create: create({ widths: [192, 384, 768, 1536], depths: [3, 3, 27, 3], lastDropped: 0.5 }),
  },
];
