import type { Tensor } from "../core/tensor.ts";
import { Dropout } from "../nn/dropout.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { type ConvNormOptions, convNormParts } from "./conv-norm.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { heFanOut, initialize } from "./initialize.ts";
import { makeDivisible } from "./make-divisible.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Channels of the first convolution, of the separable one after it, and of the last. */
const [stem, separable, last] = [32, 16, 1280] as const;

/** MnasNet-B1, without squeeze-and-excitation: channels, kernel, stride, expansion and blocks of the six stages. */
const stages = [
  [24, 3, 2, 3, 3],
  [40, 5, 2, 3, 3],
  [80, 5, 2, 6, 3],
  [96, 3, 1, 6, 2],
  [192, 5, 2, 6, 4],
  [320, 3, 1, 6, 1],
] as const;

export type MnasNetName = "mnasnet0_5" | "mnasnet0_75" | "mnasnet1_0" | "mnasnet1_3";

/** Factors on the channels (section 5.2, depth multiplier). */
const multipliers: Readonly<Record<MnasNetName, number>> = {
  mnasnet0_5: 0.5,
  mnasnet0_75: 0.75,
  mnasnet1_0: 1,
  mnasnet1_3: 1.3,
};

/** The paper's 0.9997 is the share of the statistics so far. */
const momentum = 1 - 0.9997;

function conv(inChannels: number, outChannels: number, kernelSize: number, options: ConvNormOptions = {}) {
  return convNormParts(inChannels, outChannels, kernelSize, { ...options, momentum });
}

/** Figure 7b: 1×1 to more channels, depthwise, and 1×1 back, around which the input goes where shapes agree. */
class InvertedResidual extends Module {
  readonly layers: Sequential;
  readonly residual: boolean;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    stride: number,
    expansion: number,
  ) {
    super();
    const inner = inChannels * expansion;
    this.residual = stride === 1 && inChannels === outChannels;
    this.layers = new Sequential(
      ...conv(inChannels, inner, 1),
      ...conv(inner, inner, kernelSize, { stride, groups: inner }),
      ...conv(inner, outChannels, 1, { activation: null }),
    );
  }

  override forward(x: Tensor): Tensor {
    const y = this.layers.forward(x);
    return this.residual ? add(y, x) : y;
  }
}

export class MnasNet extends Module {
  readonly layers: Sequential;
  readonly avgpool: GlobalAvgPool = new GlobalAvgPool();
  readonly classifier: Sequential;

  constructor(multiplier: number, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    const scaled = (channels: number): number => makeDivisible(channels * multiplier);
    const [first, second] = [scaled(stem), scaled(separable)];
    let channels = second;
    const stacks = stages.map(([width, kernelSize, stride, expansion, count]) => {
      const blocks = Array.from({ length: count }, (_, i) => {
        const step = i === 0 ? stride : 1;
        const block = new InvertedResidual(channels, scaled(width), kernelSize, step, expansion);
        channels = scaled(width);
        return block;
      });
      return new Sequential(...blocks);
    });
    this.layers = new Sequential(
      ...conv(inChannels, first, 3, { stride: 2 }),
      ...conv(first, first, 3, { groups: first }),
      ...conv(first, second, 1, { activation: null }),
      ...stacks,
      ...conv(channels, last, 1),
    );
    this.classifier = new Sequential(new Dropout(0.2), new Linear(last, numClasses));
    initialize(this, {
      conv: heFanOut,
      linear: (weight) => init.kaimingUniform(weight, { mode: "fanOut", nonlinearity: "sigmoid" }),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.layers.forward(x)));
  }
}

const paper = {
  ...imagenet,
  paper:
    "Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le: MnasNet: Platform-Aware Neural Architecture Search for Mobile. CVPR",
  year: 2019,
  novelty: "A search finds layers for accuracy and for the time measured on a telephone together",
  head: ["classifier.1"],
} as const;

const create =
  (name: MnasNetName) =>
  (options?: ModelOptions): MnasNet =>
    new MnasNet(multipliers[name], options);

export const mnasnetEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "mnasnet0_5",
    parameters: 2_218_512,
    macs: 104_455_968,
    accuracy: imagenetAccuracy(67.734, 87.49),
    weights: torchvision("mnasnet0.5_top1_67.823-3ffadce67e"),
    create: create("mnasnet0_5"),
  },
  {
    ...paper,
    name: "mnasnet0_75",
    parameters: 3_170_208,
    macs: 215_493_104,
    accuracy: imagenetAccuracy(71.18, 90.496),
    weights: torchvision("mnasnet0_75-7090bc5f", 224, 232),
    create: create("mnasnet0_75"),
  },
  {
    ...paper,
    name: "mnasnet1_0",
    parameters: 4_383_312,
    macs: 314_415_872,
    accuracy: imagenetAccuracy(73.456, 91.51),
    weights: torchvision("mnasnet1.0_top1_73.512-f206786ef8"),
    create: create("mnasnet1_0"),
  },
  {
    ...paper,
    name: "mnasnet1_3",
    parameters: 6_282_256,
    macs: 526_362_432,
    accuracy: imagenetAccuracy(76.506, 93.522),
    weights: torchvision("mnasnet1_3-a4c69d6f", 224, 232),
    create: create("mnasnet1_3"),
  },
];
