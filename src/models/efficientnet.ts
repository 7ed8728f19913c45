import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { uniform } from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import type { Parameter } from "../nn/parameter.ts";
import { Sequential } from "../nn/sequential.ts";
import { SiLU } from "../nn/silu.ts";
import { StochasticDepth } from "../nn/stochastic-depth.ts";
import { add } from "../ops/arithmetic.ts";
import { flatten } from "../ops/movement.ts";
import { type ConvNormOptions, convNorm } from "./conv-norm.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { heFanOut, initialize } from "./initialize.ts";
import { makeDivisible } from "./make-divisible.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { SqueezeExcitation } from "./squeeze-excitation.ts";

export interface BlockSettings {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  /** Channels inside the block by those that go in. */
  readonly expansion: number;
  /** Probability with which training leaves the block out. */
  readonly dropped: number;
  /** eps and momentum of the normalization. */
  readonly norm: Pick<ConvNormOptions, "eps" | "momentum">;
}

/** Blocks that follow each other; all but the first have stride 1 and as many channels in as out. */
export interface EfficientNetStage
  extends Pick<BlockSettings, "inChannels" | "outChannels" | "kernelSize" | "stride" | "expansion"> {
  readonly layers: number;
  readonly block: new (settings: BlockSettings) => Module;
}

export interface EfficientNetSettings {
  readonly stages: readonly EfficientNetStage[];
  readonly lastChannels: number;
  readonly dropout: number;
  readonly norm?: BlockSettings["norm"];
}

/** Of the last block; it grows in proportion to the depth. */
const lastDropped = 0.2;

const activation = () => new SiLU();

/** A residual block where the shapes allow it. */
export abstract class EfficientNetBlock extends Module {
  readonly block: Sequential;
  readonly stochasticDepth: StochasticDepth;
  readonly shortcut: boolean;

  protected constructor({ inChannels, outChannels, stride, dropped }: BlockSettings, block: Sequential) {
    super();
    this.block = block;
    this.stochasticDepth = new StochasticDepth(dropped);
    this.shortcut = stride === 1 && inChannels === outChannels;
  }

  override forward(x: Tensor): Tensor {
    const y = this.block.forward(x);
    return this.shortcut ? add(this.stochasticDepth.forward(y), x) : y;
  }
}

/** MobileNetV2's block with squeeze and excitation inside, to a quarter of the channels that go in. */
export class MBConv extends EfficientNetBlock {
  constructor(settings: BlockSettings) {
    const { inChannels, outChannels, kernelSize, stride, expansion, norm } = settings;
    const expanded = makeDivisible(inChannels * expansion);
    const squeezed = Math.max(1, Math.floor(inChannels / 4));
    const block = new Sequential(
      ...(expanded === inChannels ? [] : [convNorm(inChannels, expanded, 1, { ...norm, activation })]),
      convNorm(expanded, expanded, kernelSize, { ...norm, stride, groups: expanded, activation }),
      new SqueezeExcitation(expanded, squeezed, { activation: activation() }),
      convNorm(expanded, outChannels, 1, { ...norm, activation: null }),
    );
    super(settings, block);
  }
}

/** Images to logits. */
export class EfficientNet extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Sequential;

  constructor(settings: EfficientNetSettings, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    const { stages, lastChannels, dropout, norm = {} } = settings;
    const [first, last] = [stages[0]!, stages.at(-1)!];
    this.features = new Sequential(
      convNorm(inChannels, first.inChannels, 3, { ...norm, stride: 2, activation }),
      ...makeStages(stages, norm),
      convNorm(last.outChannels, lastChannels, 1, { ...norm, activation }),
    );
    this.classifier = new Sequential(new Dropout(dropout), new Linear(lastChannels, numClasses));
    initialize(this, { conv: heFanOut, linear: uniformFanOut });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x)), 1));
  }
}

function makeStages(stages: readonly EfficientNetStage[], norm: BlockSettings["norm"]): Sequential[] {
  const total = stages.reduce((sum, { layers }) => sum + layers, 0);
  let index = 0;
  return stages.map(({ layers, block: Block, inChannels, stride, ...same }) => {
    const blocks = Array.from({ length: layers }, (_, position) => {
      const dropped = (lastDropped * index++) / total;
      const ends = position === 0 ? { inChannels, stride } : { inChannels: same.outChannels, stride: 1 };
      return new Block({ ...same, ...ends, dropped, norm });
    });
    return new Sequential(...blocks);
  });
}

/** U(−1/√n, 1/√n) with n the layer's outputs, as in the authors' code. */
function uniformFanOut(weight: Parameter): void {
  const bound = 1 / Math.sqrt(weight.shape[0]!);
  uniform(weight, -bound, bound);
}

/** Table 1, stages 2 to 8: expansion, kernel size, stride of the first block, channels in and out, blocks. */
const table = [
  [1, 3, 1, 32, 16, 1],
  [6, 3, 2, 16, 24, 2],
  [6, 5, 2, 24, 40, 2],
  [6, 3, 2, 40, 80, 3],
  [6, 5, 1, 80, 112, 3],
  [6, 5, 2, 112, 192, 4],
  [6, 3, 1, 192, 320, 1],
] as const;

/** What the compound coefficient makes of table 1: factors of channels and blocks, and dropout before the classes. */
const scales = [
  [1.0, 1.0, 0.2],
  [1.0, 1.1, 0.2],
  [1.1, 1.2, 0.3],
  [1.2, 1.4, 0.3],
  [1.4, 1.8, 0.4],
  [1.6, 2.2, 0.4],
  [1.8, 2.6, 0.5],
  [2.0, 3.1, 0.5],
] as const;

/** B0 to B7; the largest three have the authors' eps and momentum, since their weights come from there. */
function scaled(coefficient: number): EfficientNetSettings {
  const [width, depth, dropout] = scales[coefficient]!;
  const stages = table.map(([expansion, kernelSize, stride, inChannels, outChannels, layers]) => ({
    block: MBConv,
    expansion,
    kernelSize,
    stride,
    inChannels: makeDivisible(inChannels * width),
    outChannels: makeDivisible(outChannels * width),
    layers: Math.ceil(layers * depth),
  }));
  return {
    stages,
    lastChannels: 4 * stages.at(-1)!.outChannels,
    dropout,
    ...(coefficient >= 5 && { norm: { eps: 1e-3, momentum: 0.01 } }),
  };
}

const paper = {
  ...imagenet,
  paper: "Tan, Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML",
  year: 2019,
  novelty:
    "One coefficient scales depth, width and resolution together, from a small network that a search found",
  head: ["classifier.1"],
} as const;

/** Coefficient, input's extent, and what the table of known networks says of each. */
const entry = (
  coefficient: number,
  size: number,
  rest: Pick<ModelEntry, "parameters" | "macs" | "accuracy" | "weights">,
): ModelEntry => ({
  ...paper,
  ...rest,
  name: `efficientnet_b${coefficient}`,
  inputShape: [3, size, size],
  create: (options) => new EfficientNet(scaled(coefficient), options),
});

export const efficientnetEntries: readonly ModelEntry[] = [
  entry(0, 224, {
    parameters: 5_288_548,
    macs: 385_814_752,
    accuracy: imagenetAccuracy(77.692, 93.532),
    weights: torchvision("efficientnet_b0_rwightman-7f5810bc", 224, 256, "bicubic"),
  }),
  entry(1, 240, {
    parameters: 7_794_184,
    macs: 686_802_832,
    accuracy: imagenetAccuracy(79.838, 94.934),
    weights: torchvision("efficientnet_b1-c27df63c", 240, 255),
  }),
  entry(2, 288, {
    parameters: 9_109_994,
    macs: 1_087_529_456,
    accuracy: imagenetAccuracy(80.608, 95.31),
    weights: torchvision("efficientnet_b2_rwightman-c35c1473", 288, 288, "bicubic"),
  }),
  entry(3, 300, {
    parameters: 12_233_232,
    macs: 1_827_141_392,
    accuracy: imagenetAccuracy(82.008, 96.054),
    weights: torchvision("efficientnet_b3_rwightman-b3899882", 300, 320, "bicubic"),
  }),
  entry(4, 380, {
    parameters: 19_341_616,
    macs: 4_393_771_024,
    accuracy: imagenetAccuracy(83.384, 96.594),
    weights: torchvision("efficientnet_b4_rwightman-23ab8bcd", 380, 384, "bicubic"),
  }),
  entry(5, 456, {
    parameters: 30_389_784,
    macs: 10_266_384_752,
    accuracy: imagenetAccuracy(83.444, 96.628),
    weights: torchvision("efficientnet_b5_lukemelas-1a07897c", 456, 456, "bicubic"),
  }),
  entry(6, 528, {
    parameters: 43_040_704,
    macs: 19_067_593_536,
    accuracy: imagenetAccuracy(84.008, 96.916),
    weights: torchvision("efficientnet_b6_lukemelas-24a108a5", 528, 528, "bicubic"),
  }),
  entry(7, 600, {
    parameters: 66_347_960,
    macs: 37_745_884_192,
    accuracy: imagenetAccuracy(84.122, 96.908),
    weights: torchvision("efficientnet_b7_lukemelas-c5b4e57e", 600, 600, "bicubic"),
  }),
];
