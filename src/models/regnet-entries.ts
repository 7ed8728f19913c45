import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { RegNet, type RegNetSettings } from "./regnet.ts";

type Regime = "400mf" | "800mf" | "1_6gf" | "3_2gf" | "8gf" | "16gf" | "32gf";

export type RegNetName = `regnet_x_${Regime}` | `regnet_y_${Regime | "128gf"}`;

/** Figures 15 and 16 of the paper, and RegNetY-128GF of Goyal et al. 2022; a RegNetY has squeeze-and-excitation. */
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
