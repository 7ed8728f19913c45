import { imagenet, imagenetAccuracy, torchvision } from "./imagenet.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { bottleneck, ResNet, type ResNetSettings } from "./resnet.ts";

export type WideResNetName = "wide_resnet50_2" | "wide_resnet101_2";

/** Table 8: bottlenecks with twice the inner channels of ResNet-50 and ResNet-101. */
const wideResnets: Readonly<Record<WideResNetName, ResNetSettings>> = {
  wide_resnet50_2: { block: bottleneck, layers: [3, 4, 6, 3], widthPerGroup: 128 },
  wide_resnet101_2: { block: bottleneck, layers: [3, 4, 23, 3], widthPerGroup: 128 },
};

const paper = {
  ...imagenet,
  paper: "Zagoruyko, Komodakis: Wide Residual Networks. BMVC",
  year: 2016,
  novelty: "Wider blocks instead of more of them are as accurate and faster",
  head: ["fc"],
} as const;

const create =
  (name: WideResNetName) =>
  (options?: ModelOptions): ResNet =>
    new ResNet(wideResnets[name], options);

export const wideResnetEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "wide_resnet50_2",
    parameters: 68_883_240,
    macs: 11_398_021_120,
    accuracy: imagenetAccuracy(81.602, 95.758),
    weights: torchvision("wide_resnet50_2-9ba9bcbe", 224, 232),
    create: create("wide_resnet50_2"),
  },
  {
    ...paper,
    name: "wide_resnet101_2",
    parameters: 126_886_696,
    macs: 22_753_050_624,
    accuracy: imagenetAccuracy(82.51, 96.02),
    weights: torchvision("wide_resnet101_2-d733dc28", 224, 232),
    create: create("wide_resnet101_2"),
  },
];
