import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import type { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { flatten } from "../ops/movement.ts";
import { convNorm } from "./conv-norm.ts";
import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import { gaussian, heFanOut, initialize } from "./initialize.ts";
import { makeDivisible } from "./make-divisible.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { NamedSequential, numbered } from "./named-sequential.ts";
import { SqueezeExcitation } from "./squeeze-excitation.ts";

/** A network of the design space, by the paper's letters. */
export interface RegNetSettings {
  /** d: blocks. */
  readonly depth: number;
  /** w₀: channels of the first block before they are quantized. */
  readonly initialWidth: number;
  /** wₐ: by how much these grow with every block. */
  readonly slope: number;
  /** w_m: the factor from one quantized width to the next. */
  readonly step: number;
  /** g: channels of a group of the 3×3 convolutions. */
  readonly groupWidth: number;
  /** Of the squeeze-and-excitation's inner channels to the block's input channels; default none, a RegNetX. */
  readonly squeeze?: number;
}

/** Channels of the first convolution, which halves the extents. */
const stem = 32;

interface Stage {
  readonly width: number;
  readonly count: number;
  readonly groupWidth: number;
}

/** To the nearest whole number, a half to the even one, as the authors' arithmetic rounds. */
function round(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
}

/** Equations 2 to 4: blocks whose quantized widths agree are a stage, whose width its groups then divide. */
function stagesOf({ depth, initialWidth, slope, step, groupWidth }: RegNetSettings): Stage[] {
  const counts = new Map<number, number>();
  for (let j = 0; j < depth; j++) {
    const u = initialWidth + slope * j;
    const s = round(Math.log(u / initialWidth) / Math.log(step));
    const width = 8 * round((initialWidth * step ** s) / 8);
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts].map(([width, count]) => {
    const fitting = Math.min(groupWidth, width);
    return { width: makeDivisible(width, fitting), count, groupWidth: fitting };
  });
}

/** Figure 4: x + f(x) with 1×1, 3×3 in groups and 1×1, all of the same width. */
class Block extends Module {
  readonly proj: Sequential | undefined;
  readonly f: NamedSequential;
  readonly activation: ReLU = new ReLU();

  constructor(inChannels: number, { width, groupWidth }: Stage, stride: number, squeeze: number | undefined) {
    super();
    const fits = stride === 1 && inChannels === width;
    this.proj = fits ? undefined : convNorm(inChannels, width, 1, { stride, activation: null });
    this.f = new NamedSequential({
      a: convNorm(inChannels, width, 1),
      b: convNorm(width, width, 3, { stride, groups: width / groupWidth }),
      ...(squeeze && { se: new SqueezeExcitation(width, round(squeeze * inChannels)) }),
      c: convNorm(width, width, 1, { activation: null }),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.activation.forward(add(this.proj?.forward(x) ?? x, this.f.forward(x)));
  }
}

export class RegNet extends Module {
  readonly stem: Sequential;
  readonly trunkOutput: NamedSequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;

  constructor(settings: RegNetSettings, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    this.stem = convNorm(inChannels, stem, 3, { stride: 2 });
    let channels = stem;
    const stages = stagesOf(settings).map((stage, i) => {
      const blocks: Record<string, Module> = {};
      for (let j = 0; j < stage.count; j++) {
        blocks[`block${i + 1}-${j}`] = new Block(channels, stage, j === 0 ? 2 : 1, settings.squeeze);
        channels = stage.width;
      }
      return new NamedSequential(blocks);
    });
    this.trunkOutput = new NamedSequential(numbered("block", stages));
    this.fc = new Linear(channels, numClasses);
    initialize(this, { conv: heFanOut, linear: gaussian(0.01) });
  }

  override forward(x: Tensor): Tensor {
    const maps = this.trunkOutput.forward(this.stem.forward(x));
    return this.fc.forward(flatten(this.avgpool.forward(maps), 1));
  }
}

type Regime = "400mf" | "800mf" | "1_6gf" | "3_2gf" | "8gf" | "16gf" | "32gf";

export type RegNetName = `regnet_x_${Regime}` | `regnet_y_${Regime | "128gf"}`;

/** Figures 15 and 16 of the paper, and RegNetY-128GF of Goyal et al. 2021; a RegNetY has squeeze-and-excitation. */
const regnets: Readonly<Record<RegNetName, RegNetSettings>> = {
  regnet_x_400mf: { depth: 22, initialWidth: 24, slope: 24.48, step: 2.54, groupWidth: 16 },
  regnet_x_800mf: { depth: 16, initialWidth: 56, slope: 35.73, step: 2.28, groupWidth: 16 },
  regnet_x_1_6gf: { depth: 18, initialWidth: 80, slope: 34.01, step: 2.25, groupWidth: 24 },
  regnet_x_3_2gf: { depth: 25, initialWidth: 88, slope: 26.31, step: 2.25, groupWidth: 48 },
  regnet_x_8gf: { depth: 23, initialWidth: 80, slope: 49.56, step: 2.88, groupWidth: 120 },
  regnet_x_16gf: { depth: 22, initialWidth: 216, slope: 55.59, step: 2.1, groupWidth: 128 },
  regnet_x_32gf: { depth: 23, initialWidth: 320, slope: 69.86, step: 2.0, groupWidth: 168 },
  regnet_y_400mf: { depth: 16, initialWidth: 48, slope: 27.89, step: 2.09, groupWidth: 8, squeeze: 0.25 },
  regnet_y_800mf: { depth: 14, initialWidth: 56, slope: 38.84, step: 2.4, groupWidth: 16, squeeze: 0.25 },
  regnet_y_1_6gf: { depth: 27, initialWidth: 48, slope: 20.71, step: 2.65, groupWidth: 24, squeeze: 0.25 },
  regnet_y_3_2gf: { depth: 21, initialWidth: 80, slope: 42.63, step: 2.66, groupWidth: 24, squeeze: 0.25 },
  regnet_y_8gf: { depth: 17, initialWidth: 192, slope: 76.82, step: 2.19, groupWidth: 56, squeeze: 0.25 },
  regnet_y_16gf: { depth: 18, initialWidth: 200, slope: 106.23, step: 2.48, groupWidth: 112, squeeze: 0.25 },
  regnet_y_32gf: { depth: 20, initialWidth: 232, slope: 115.89, step: 2.53, groupWidth: 232, squeeze: 0.25 },
  regnet_y_128gf: { depth: 27, initialWidth: 456, slope: 160.83, step: 2.52, groupWidth: 264, squeeze: 0.25 },
};

const paper = {
  ...imagenet,
  paper: "Radosavovic, Kosaraju, Girshick, He, Dollár: Designing Network Design Spaces. CVPR",
  year: 2020,
  novelty:
    "Not one network but a space of them is designed, in which good widths are a quantized straight line over depth",
  head: ["fc"],
} as const;

const create =
  (name: RegNetName) =>
  (options?: ModelOptions): RegNet =>
    new RegNet(regnets[name], options);

export const regnetEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "regnet_x_400mf",
    parameters: 5_495_976,
    macs: 413_812_608,
    accuracy: imagenetAccuracy(74.864, 92.322),
    weights: torchvision("regnet_x_400mf-62229a5f", 224, 232),
    create: create("regnet_x_400mf"),
  },
  {
    ...paper,
    name: "regnet_x_800mf",
    parameters: 7_259_656,
    macs: 799_699_712,
    accuracy: imagenetAccuracy(77.522, 93.826),
    weights: torchvision("regnet_x_800mf-94a99ebd", 224, 232),
    create: create("regnet_x_800mf"),
  },
  {
    ...paper,
    name: "regnet_x_1_6gf",
    parameters: 9_190_136,
    macs: 1_602_849_792,
    accuracy: imagenetAccuracy(79.668, 94.922),
    weights: torchvision("regnet_x_1_6gf-a12f2b72", 224, 232),
    create: create("regnet_x_1_6gf"),
  },
  {
    ...paper,
    name: "regnet_x_3_2gf",
    parameters: 15_296_552,
    macs: 3_176_621_952,
    accuracy: imagenetAccuracy(81.196, 95.43),
    weights: torchvision("regnet_x_3_2gf-7071aa85", 224, 232),
    create: create("regnet_x_3_2gf"),
  },
  {
    ...paper,
    name: "regnet_x_8gf",
    parameters: 39_572_648,
    macs: 7_995_132_416,
    accuracy: imagenetAccuracy(81.682, 95.678),
    weights: torchvision("regnet_x_8gf-2b70d774", 224, 232),
    create: create("regnet_x_8gf"),
  },
  {
    ...paper,
    name: "regnet_x_16gf",
    parameters: 54_278_536,
    macs: 15_940_755_456,
    accuracy: imagenetAccuracy(82.716, 96.196),
    weights: torchvision("regnet_x_16gf-ba3796d7", 224, 232),
    create: create("regnet_x_16gf"),
  },
  {
    ...paper,
    name: "regnet_x_32gf",
    parameters: 107_811_560,
    macs: 31_735_929_792,
    accuracy: imagenetAccuracy(83.014, 96.288),
    weights: torchvision("regnet_x_32gf-6eb8fdc6", 224, 232),
    create: create("regnet_x_32gf"),
  },
  {
    ...paper,
    name: "regnet_y_400mf",
    parameters: 4_344_144,
    macs: 401_842_848,
    accuracy: imagenetAccuracy(75.804, 92.742),
    weights: torchvision("regnet_y_400mf-e6988f5f", 224, 232),
    create: create("regnet_y_400mf"),
  },
  {
    ...paper,
    name: "regnet_y_800mf",
    parameters: 6_432_512,
    macs: 833_856_256,
    accuracy: imagenetAccuracy(78.828, 94.502),
    weights: torchvision("regnet_y_800mf-58fc7688", 224, 232),
    create: create("regnet_y_800mf"),
  },
  {
    ...paper,
    name: "regnet_y_1_6gf",
    parameters: 11_202_430,
    macs: 1_612_076_160,
    accuracy: imagenetAccuracy(80.876, 95.444),
    weights: torchvision("regnet_y_1_6gf-0d7bc02a", 224, 232),
    create: create("regnet_y_1_6gf"),
  },
  {
    ...paper,
    name: "regnet_y_3_2gf",
    parameters: 19_436_338,
    macs: 3_176_482_752,
    accuracy: imagenetAccuracy(81.982, 95.972),
    weights: torchvision("regnet_y_3_2gf-9180c971", 224, 232),
    create: create("regnet_y_3_2gf"),
  },
  {
    ...paper,
    name: "regnet_y_8gf",
    parameters: 39_381_472,
    macs: 8_473_070_592,
    accuracy: imagenetAccuracy(82.828, 96.33),
    weights: torchvision("regnet_y_8gf-dc2b1b54", 224, 232),
    create: create("regnet_y_8gf"),
  },
  {
    ...paper,
    name: "regnet_y_16gf",
    parameters: 83_590_140,
    macs: 15_911_510_272,
    accuracy: imagenetAccuracy(82.886, 96.328),
    weights: torchvision("regnet_y_16gf-3e4a00f9", 224, 232),
    create: create("regnet_y_16gf"),
  },
  {
    ...paper,
    name: "regnet_y_32gf",
    parameters: 145_046_770,
    macs: 32_279_552_832,
    accuracy: imagenetAccuracy(83.368, 96.498),
    weights: torchvision("regnet_y_32gf-8db6d4b5", 224, 232),
    create: create("regnet_y_32gf"),
  },
  {
    ...paper,
    name: "regnet_y_128gf",
    parameters: 644_812_894,
    macs: 127_517_815_680,
    accuracy: imagenetAccuracy(88.228, 98.682),
    weights: torchvision("regnet_y_128gf_swag-c8ce3e52", 384, 384, "bicubic"),
    create: create("regnet_y_128gf"),
  },
];
