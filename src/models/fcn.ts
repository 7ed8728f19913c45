import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { Sequential } from "../nn/sequential.ts";
import { convNormParts } from "./conv-norm.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { type ResNetSettings, resnets } from "./resnet.ts";
import {
  pascalVoc,
  resnetBackbone,
  SegmentationNet,
  segmentationWeights,
  vocAccuracy,
} from "./segmentation.ts";

/** Maps to classes, by way of a quarter of the channels. */
export function fcnHead(inChannels: number, numClasses: number): Sequential {
  const inner = inChannels / 4;
  return new Sequential(
    ...convNormParts(inChannels, inner, 3),
    new Dropout(0.1),
    new Conv2d(inner, numClasses, 1),
  );
}

/** The paper's idea with torchvision's backbone: a dilated ResNet takes the place of a VGG whose maps are summed. */
export function fcn(
  settings: ResNetSettings,
  { numClasses = 21, inChannels, auxiliary = false }: ModelOptions = {},
): SegmentationNet {
  const backbone = resnetBackbone(settings, inChannels);
  return new SegmentationNet(
    backbone,
    fcnHead(backbone.highChannels, numClasses),
    auxiliary ? fcnHead(backbone.lowChannels, numClasses) : undefined,
  );
}

const paper = {
  ...pascalVoc,
  paper: "Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation. CVPR",
  year: 2015,
  novelty:
    "A classifier whose layers are all convolutions gives a class for each position of an image of any size",
  head: ["classifier.4"],
} as const;

export const fcnEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "fcn_resnet50",
    parameters: 32_957_013,
    macs: 142_725_772_800,
    accuracy: vocAccuracy(60.5),
    weights: segmentationWeights("fcn_resnet50_coco-1167a1af"),
    create: (options) => fcn(resnets.resnet50, options),
  },
  {
    ...paper,
    name: "fcn_resnet101",
    parameters: 51_949_141,
    macs: 222_746_867_200,
    accuracy: vocAccuracy(63.7),
    weights: segmentationWeights("fcn_resnet101_coco-7ecb50ca"),
    create: (options) => fcn(resnets.resnet101, options),
  },
];
