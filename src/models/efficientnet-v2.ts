import { Sequential } from "../nn/sequential.ts";
import { SiLU } from "../nn/silu.ts";
import { convNorm } from "./conv-norm.ts";
import {
  type BlockSettings,
  EfficientNet,
  EfficientNetBlock,
  type EfficientNetStage,
  MBConv,
} from "./efficientnet.ts";
import { imagenet, imagenetAccuracy, spread, torchvision } from "./imagenet.ts";
import { makeDivisible } from "./make-divisible.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

const activation = () => new SiLU();

/** Figure 2, right: one full convolution for MBConv's first two, without squeeze and excitation. */
class FusedMBConv extends EfficientNetBlock {
  constructor(settings: BlockSettings) {
    const { inChannels, outChannels, kernelSize, stride, expansion, norm } = settings;
    const expanded = makeDivisible(inChannels * expansion);
    const block =
      expanded === inChannels
        ? [convNorm(inChannels, outChannels, kernelSize, { ...norm, stride, activation })]
        : [
            convNorm(inChannels, expanded, kernelSize, { ...norm, stride, activation }),
            convNorm(expanded, outChannels, 1, { ...norm, activation: null }),
          ];
    super(settings, new Sequential(...block));
  }
}

/** Of a row of table 4: expansion, stride of the first block, channels in and out, blocks; all kernels are 3×3. */
type Row = readonly [
  block: EfficientNetStage["block"],
  expansion: number,
  stride: number,
  inChannels: number,
  outChannels: number,
  layers: number,
];

type Size = "s" | "m" | "l";

/** Table 4 for S, and its like for M and L in the authors' code. */
const tables: Readonly<Record<Size, readonly Row[]>> = {
  s: [
    [FusedMBConv, 1, 1, 24, 24, 2],
    [FusedMBConv, 4, 2, 24, 48, 4],
    [FusedMBConv, 4, 2, 48, 64, 4],
    [MBConv, 4, 2, 64, 128, 6],
    [MBConv, 6, 1, 128, 160, 9],
    [MBConv, 6, 2, 160, 256, 15],
  ],
  m: [
    [FusedMBConv, 1, 1, 24, 24, 3],
    [FusedMBConv, 4, 2, 24, 48, 5],
    [FusedMBConv, 4, 2, 48, 80, 5],
    [MBConv, 4, 2, 80, 160, 7],
    [MBConv, 6, 1, 160, 176, 14],
    [MBConv, 6, 2, 176, 304, 18],
    [MBConv, 6, 1, 304, 512, 5],
  ],
  l: [
    [FusedMBConv, 1, 1, 32, 32, 4],
    [FusedMBConv, 4, 2, 32, 64, 7],
    [FusedMBConv, 4, 2, 64, 96, 7],
    [MBConv, 4, 2, 96, 192, 10],
    [MBConv, 6, 1, 192, 224, 19],
    [MBConv, 6, 2, 224, 384, 25],
    [MBConv, 6, 1, 384, 640, 7],
  ],
};

const dropouts: Readonly<Record<Size, number>> = { s: 0.2, m: 0.3, l: 0.4 };

const create =
  (size: Size) =>
  (options?: ModelOptions): EfficientNet =>
    new EfficientNet(
      {
        stages: tables[size].map(([block, expansion, stride, inChannels, outChannels, layers]) => {
          return { block, expansion, kernelSize: 3, stride, inChannels, outChannels, layers };
        }),
        lastChannels: 1280,
        dropout: dropouts[size],
        norm: { eps: 1e-3 },
      },
      options,
    );

const paper = {
  ...imagenet,
  paper: "Tan, Le: EfficientNetV2: Smaller Models and Faster Training. ICML",
  year: 2021,
  novelty: "Early blocks use full convolutions, which hardware runs faster, and images grow during training",
  head: ["classifier.1"],
} as const;

const largest = torchvision("efficientnet_v2_l-59c71312", 480, 480, "bicubic");

export const efficientnetV2Entries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "efficientnet_v2_s",
    inputShape: [3, 384, 384],
    parameters: 21_458_488,
    macs: 8_365_617_152,
    accuracy: imagenetAccuracy(84.228, 96.878),
    weights: torchvision("efficientnet_v2_s-dd5fe13b", 384, 384),
    create: create("s"),
  },
  {
    ...paper,
    name: "efficientnet_v2_m",
    inputShape: [3, 480, 480],
    parameters: 54_139_356,
    macs: 24_582_460_384,
    accuracy: imagenetAccuracy(85.112, 97.156),
    weights: torchvision("efficientnet_v2_m-dc08266a", 480, 480),
    create: create("m"),
  },
  {
    ...paper,
    name: "efficientnet_v2_l",
    inputShape: [3, 480, 480],
    parameters: 118_515_272,
    macs: 56_079_699_008,
    accuracy: imagenetAccuracy(85.808, 97.788),
    weights: { ...largest, preprocessing: { ...largest.preprocessing, ...spread } },
    create: create("l"),
  },
];
