import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { Hardsigmoid } from "../nn/hardsigmoid.ts";
import { Hardswish } from "../nn/hardswish.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { flatten } from "../ops/movement.ts";
import { type ConvNormOptions, convNorm } from "./conv-norm.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { gaussian, heFanOut, initialize } from "./initialize.ts";
import { makeDivisible } from "./make-divisible.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { SqueezeExcitation } from "./squeeze-excitation.ts";

/** A row of tables 1 and 2: kernel size, channels inside and after, squeeze-and-excitation, nonlinearity, stride. */
type Row = readonly [
  kernelSize: number,
  expanded: number,
  outChannels: number,
  squeezes: boolean,
  nonlinearity: "RE" | "HS",
  stride: number,
];

interface MobileNetV3Table {
  readonly rows: readonly Row[];
  /** Units before the classes. */
  readonly hidden: number;
}

/** Table 1. */
const large: MobileNetV3Table = {
  rows: [
    [3, 16, 16, false, "RE", 1],
    [3, 64, 24, false, "RE", 2],
    [3, 72, 24, false, "RE", 1],
    [5, 72, 40, true, "RE", 2],
    [5, 120, 40, true, "RE", 1],
    [5, 120, 40, true, "RE", 1],
    [3, 240, 80, false, "HS", 2],
    [3, 200, 80, false, "HS", 1],
    [3, 184, 80, false, "HS", 1],
    [3, 184, 80, false, "HS", 1],
    [3, 480, 112, true, "HS", 1],
    [3, 672, 112, true, "HS", 1],
    [5, 672, 160, true, "HS", 2],
    [5, 960, 160, true, "HS", 1],
    [5, 960, 160, true, "HS", 1],
  ],
  hidden: 1280,
};

/** Table 2. */
const small: MobileNetV3Table = {
  rows: [
    [3, 16, 16, true, "RE", 2],
    [3, 72, 24, false, "RE", 2],
    [3, 88, 24, false, "RE", 1],
    [5, 96, 40, true, "HS", 2],
    [5, 240, 40, true, "HS", 1],
    [5, 240, 40, true, "HS", 1],
    [5, 120, 48, true, "HS", 1],
    [5, 144, 48, true, "HS", 1],
    [5, 288, 96, true, "HS", 2],
    [5, 576, 96, true, "HS", 1],
    [5, 576, 96, true, "HS", 1],
  ],
  hidden: 1024,
};

const stemChannels = 16;

/** Blocks of the last stage, whose stride becomes dilation for dense predictions. */
const lastStage = 3;

const norm = { eps: 1e-3, momentum: 0.01 } as const;
const hardswish: ConvNormOptions = { ...norm, activation: () => new Hardswish() };

/** Figure 4: MobileNetV2's block with squeeze and excitation inside. */
class InvertedResidual extends Module {
  readonly block: Sequential;
  readonly shortcut: boolean;

  /** @param dilation above 1 takes the place of the stride. */
  constructor(inChannels: number, row: Row, dilation: number) {
    super();
    const [kernelSize, expanded, outChannels, squeezes, nonlinearity, stride] = row;
    const activation = () => (nonlinearity === "HS" ? new Hardswish() : new ReLU());
    this.block = new Sequential(
      ...(expanded === inChannels ? [] : [convNorm(inChannels, expanded, 1, { ...norm, activation })]),
      convNorm(expanded, expanded, kernelSize, {
        ...norm,
        stride: dilation > 1 ? 1 : stride,
        dilation,
        groups: expanded,
        activation,
      }),
      ...(squeezes ? [squeezeExcitation(expanded)] : []),
      convNorm(expanded, outChannels, 1, { ...norm, activation: null }),
    );
    this.shortcut = stride === 1 && inChannels === outChannels;
  }

  override forward(x: Tensor): Tensor {
    const y = this.block.forward(x);
    return this.shortcut ? add(y, x) : y;
  }
}

function squeezeExcitation(channels: number): SqueezeExcitation {
  const squeezed = makeDivisible(Math.floor(channels / 4));
  return new SqueezeExcitation(channels, squeezed, { scaleActivation: new Hardsigmoid() });
}

/** Everything before the pooling: images to maps of 1/32 of their extents, or 1/16 where the last stage is dilated. */
function featuresOf({ rows }: MobileNetV3Table, inChannels: number, dilated = false): Sequential {
  let channels = stemChannels;
  const blocks = rows.map((row, i) => {
    const dilation = dilated && i >= rows.length - lastStage ? 2 : 1;
    const block = new InvertedResidual(channels, row, dilation);
    channels = row[2];
    return block;
  });
  return new Sequential(
    convNorm(inChannels, stemChannels, 3, { ...hardswish, stride: 2 }),
    ...blocks,
    convNorm(channels, lastChannelsOf(rows), 1, hardswish),
  );
}

const lastChannelsOf = (rows: readonly Row[]): number => 6 * rows.at(-1)![2];

/** Images to logits. */
export class MobileNetV3 extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Sequential;

  constructor(table: MobileNetV3Table, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    this.features = featuresOf(table, inChannels);
    this.classifier = new Sequential(
      new Linear(lastChannelsOf(table.rows), table.hidden),
      new Hardswish(),
      new Dropout(0.2),
      new Linear(table.hidden, numClasses),
    );
    initialize(this, { conv: heFanOut, linear: gaussian(0.01) });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x)), 1));
  }
}

/** The large network's maps, of 1/16 of an image's extents, for networks that go on from there. */
export function mobilenetV3LargeFeatures(inChannels: number): Sequential {
  return initialize(featuresOf(large, inChannels, true), { conv: heFanOut });
}

export const mobilenetV3Paper = {
  paper:
    "Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam: Searching for MobileNetV3. ICCV",
  year: 2019,
} as const;

const paper = {
  ...imagenet,
  ...mobilenetV3Paper,
  novelty:
    "A search for a phone's latency chose the widths, and swish and sigmoid became piecewise polynomials",
  head: ["classifier.3"],
} as const;

export const mobilenetV3Entries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "mobilenet_v3_small",
    parameters: 2_542_856,
    macs: 56_510_400,
    accuracy: imagenetAccuracy(67.668, 87.402),
    weights: torchvision("mobilenet_v3_small-047dcff4"),
    create: (options) => new MobileNetV3(small, options),
  },
  {
    ...paper,
    name: "mobilenet_v3_large",
    parameters: 5_483_032,
    macs: 216_589_760,
    accuracy: imagenetAccuracy(75.274, 92.566),
    weights: torchvision("mobilenet_v3_large-5c1a4163", 224, 232),
    create: (options) => new MobileNetV3(large, options),
  },
];
