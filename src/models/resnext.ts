import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { bottleneck, ResNet, type ResNetSettings } from "./resnet.ts";

export type ResNeXtName = "resnext50_32x4d" | "resnext101_32x8d" | "resnext101_64x4d";

/** Table 1: cardinality × width of a group, on ResNet-50 and ResNet-101. */
const resnexts: Readonly<Record<ResNeXtName, ResNetSettings>> = {
  resnext50_32x4d: { block: bottleneck, layers: [3, 4, 6, 3], groups: 32, widthPerGroup: 4 },
  resnext101_32x8d: { block: bottleneck, layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 8 },
  resnext101_64x4d: { block: bottleneck, layers: [3, 4, 23, 3], groups: 64, widthPerGroup: 4 },
};

const paper = {
  ...imagenet,
  paper: "Xie, Girshick, Dollár, Tu, He: Aggregated Residual Transformations for Deep Neural Networks. CVPR",
  year: 2017,
  novelty: "Blocks add up many equal narrow paths, whose number is a dimension beside depth and width",
  head: ["fc"],
} as const;

const create =
  (name: ResNeXtName) =>
  (options?: ModelOptions): ResNet =>
    new ResNet(resnexts[name], options);

export const resnextEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "resnext50_32x4d",
    parameters: 25_028_904,
    macs: 4_230_479_872,
    accuracy: imagenetAccuracy(81.198, 95.34),
    weights: torchvision("resnext50_32x4d-1a0047aa", 224, 232),
    create: create("resnext50_32x4d"),
  },
  {
    ...paper,
    name: "resnext101_32x8d",
    parameters: 88_791_336,
    macs: 16_414_015_488,
    accuracy: imagenetAccuracy(82.834, 96.228),
    weights: torchvision("resnext101_32x8d-110c445d", 224, 232),
    create: create("resnext101_32x8d"),
  },
  {
    ...paper,
    name: "resnext101_64x4d",
    parameters: 83_455_272,
    macs: 15_460_270_080,
    accuracy: imagenetAccuracy(83.246, 96.454),
    weights: torchvision("resnext101_64x4d-173b62eb", 224, 232),
    create: create("resnext101_64x4d"),
  },
];
