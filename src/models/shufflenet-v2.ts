import type { Tensor } from "../core/tensor.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { Sequential } from "../nn/sequential.ts";
import { concat, narrow, reshape, transpose } from "../ops/movement.ts";
import { convNorm, convNormParts } from "./conv-norm.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { inSequence } from "./in-sequence.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Table 5: channels of the first convolution, which are the same in all, and units of the three stages. */
const stem = 24;
const repeats = [4, 8, 4] as const;

export type ShuffleNetV2Name =
  | "shufflenet_v2_x0_5"
  | "shufflenet_v2_x1_0"
  | "shufflenet_v2_x1_5"
  | "shufflenet_v2_x2_0";

/** Table 5: channels of the three stages and of the last convolution. */
export type ShuffleNetV2Widths = readonly [stage2: number, stage3: number, stage4: number, conv5: number];

const shufflenets: Readonly<Record<ShuffleNetV2Name, ShuffleNetV2Widths>> = {
  shufflenet_v2_x0_5: [48, 96, 192, 1024],
  shufflenet_v2_x1_0: [116, 232, 464, 1024],
  shufflenet_v2_x1_5: [176, 352, 704, 1024],
  shufflenet_v2_x2_0: [244, 488, 976, 2048],
};

/** Depthwise 3×3 and 1×1, as a unit's both branches end; only the second is followed by ReLU. */
function separable(inChannels: number, outChannels: number, stride: number): Module[] {
  return [
    ...convNormParts(inChannels, inChannels, 3, { stride, groups: inChannels, activation: null }),
    ...convNormParts(inChannels, outChannels, 1),
  ];
}

/** Takes the channels in turn from the first and from the second half. */
function shuffle(x: Tensor): Tensor {
  const [n, c, ...extents] = x.shape as [number, number, number, number];
  return reshape(transpose(reshape(x, [n, 2, c / 2, ...extents]), 1, 2), x.shape);
}

/** Figure 3c: one half of the channels passes by the convolutions. */
class Unit extends Module {
  readonly branch2: Sequential;

  constructor(channels: number) {
    super();
    const half = channels / 2;
    this.branch2 = new Sequential(...convNormParts(half, half, 1), ...separable(half, half, 1));
  }

  override forward(x: Tensor): Tensor {
    const channels = x.shape[1]!;
    const [first, second] = [narrow(x, 1, 0, channels / 2), narrow(x, 1, channels / 2, channels)];
    return shuffle(concat([first, this.branch2.forward(second)], 1));
  }
}

/** Figure 3d: both branches read all channels and halve the extents. */
class DownUnit extends Module {
  readonly branch1: Sequential;
  readonly branch2: Sequential;

  constructor(inChannels: number, channels: number) {
    super();
    const half = channels / 2;
    this.branch1 = new Sequential(...separable(inChannels, half, 2));
    this.branch2 = new Sequential(...convNormParts(inChannels, half, 1), ...separable(half, half, 2));
  }

  override forward(x: Tensor): Tensor {
    return shuffle(concat([this.branch1.forward(x), this.branch2.forward(x)], 1));
  }
}

function stage(inChannels: number, channels: number, count: number): Sequential {
  const units = Array.from({ length: count - 1 }, () => new Unit(channels));
  return new Sequential(new DownUnit(inChannels, channels), ...units);
}

export class ShuffleNetV2 extends Module {
  readonly conv1: Sequential;
  readonly maxpool: MaxPool2d = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly stage2: Sequential;
  readonly stage3: Sequential;
  readonly stage4: Sequential;
  readonly conv5: Sequential;
  readonly avgpool: GlobalAvgPool = new GlobalAvgPool();
  readonly fc: Linear;

  constructor(
    [width2, width3, width4, width5]: ShuffleNetV2Widths,
    { numClasses = 1000, inChannels = 3 }: ModelOptions = {},
  ) {
    super();
    this.conv1 = convNorm(inChannels, stem, 3, { stride: 2 });
    this.stage2 = stage(stem, width2, repeats[0]);
    this.stage3 = stage(width2, width3, repeats[1]);
    this.stage4 = stage(width3, width4, repeats[2]);
    this.conv5 = convNorm(width4, width5, 1);
    this.fc = new Linear(width5, numClasses);
  }

  override forward(x: Tensor): Tensor {
    const stem = this.maxpool.forward(this.conv1.forward(x));
    const stages = inSequence([this.stage2, this.stage3, this.stage4], stem);
    return this.fc.forward(this.avgpool.forward(this.conv5.forward(stages)));
  }
}

const paper = {
  ...imagenet,
  paper:
    "Ma, Zhang, Zheng, Sun: ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design. ECCV",
  year: 2018,
  novelty:
    "Units are designed for measured time instead of counted operations: half the channels pass by, and a shuffle mixes them",
  head: ["fc"],
} as const;

const create =
  (name: ShuffleNetV2Name) =>
  (options?: ModelOptions): ShuffleNetV2 =>
    new ShuffleNetV2(shufflenets[name], options);

export const shufflenetV2Entries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "shufflenet_v2_x0_5",
    parameters: 1_366_792,
    macs: 40_476_448,
    accuracy: imagenetAccuracy(60.552, 81.746),
    weights: torchvision("shufflenetv2_x0.5-f707e7126e"),
    create: create("shufflenet_v2_x0_5"),
  },
  {
    ...paper,
    name: "shufflenet_v2_x1_0",
    parameters: 2_278_604,
    macs: 144_907_992,
    accuracy: imagenetAccuracy(69.362, 88.316),
    weights: torchvision("shufflenetv2_x1-5666bf0f80"),
    create: create("shufflenet_v2_x1_0"),
  },
  {
    ...paper,
    name: "shufflenet_v2_x1_5",
    parameters: 3_503_624,
    macs: 295_759_392,
    accuracy: imagenetAccuracy(72.996, 91.086),
    weights: torchvision("shufflenetv2_x1_5-3c479a10", 224, 232),
    create: create("shufflenet_v2_x1_5"),
  },
  {
    ...paper,
    name: "shufflenet_v2_x2_0",
    parameters: 7_393_996,
    macs: 583_253_464,
    accuracy: imagenetAccuracy(76.23, 93.006),
    weights: torchvision("shufflenetv2_x2_0-8be3c8ee", 224, 232),
    create: create("shufflenet_v2_x2_0"),
  },
];
