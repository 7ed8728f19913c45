import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { Module } from "../nn/module.ts";
import { Sequential } from "../nn/sequential.ts";
import { expand } from "../ops/expand.ts";
import { concat } from "../ops/movement.ts";
import { convNorm, convNormParts } from "./conv-norm.ts";
import { fcnHead } from "./fcn.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { resnets } from "./resnet.ts";
import {
  type Backbone,
  mobilenetV3Backbone,
  pascalVoc,
  resnetBackbone,
  SegmentationNet,
  segmentationWeights,
  vocAccuracy,
} from "./segmentation.ts";

/** Section 3.3: dilations of the parallel convolutions, for maps of an eighth of the image's extents. */
const rates = [12, 24, 36] as const;

const channels = 256;

/** Atrous spatial pyramid pooling, figure 5: 1×1, three dilated 3×3 and the mean of all positions side by side. */
class Aspp extends Module {
  readonly convs: readonly Sequential[];
  readonly project: Sequential;

  constructor(inChannels: number) {
    super();
    this.convs = [
      convNorm(inChannels, channels, 1),
      ...rates.map((dilation) => convNorm(inChannels, channels, 3, { dilation })),
      new Sequential(new AdaptiveAvgPool2d(1), ...convNormParts(inChannels, channels, 1)),
    ];
    this.project = new Sequential(
      ...convNormParts(this.convs.length * channels, channels, 1),
      new Dropout(0.5),
    );
  }

  override forward(x: Tensor): Tensor {
    // Resizing the means from 1×1 to the maps' extents repeats them.
    const wide = (y: Tensor) => expand(y, [...y.shape.slice(0, 2), ...x.shape.slice(2)]);
    return this.project.forward(
      concat(
        this.convs.map((conv) => wide(conv.forward(x))),
        1,
      ),
    );
  }
}

function deepLabV3(
  backbone: Backbone,
  { numClasses = 21, auxiliary = false }: ModelOptions = {},
): SegmentationNet {
  const head = new Sequential(
    new Aspp(backbone.highChannels),
    ...convNormParts(channels, channels, 3),
    new Conv2d(channels, numClasses, 1),
  );
  return new SegmentationNet(
    backbone,
    head,
    auxiliary ? fcnHead(backbone.lowChannels, numClasses) : undefined,
  );
}

const paper = {
  ...pascalVoc,
  paper:
    "Chen, Papandreou, Schroff, Adam: Rethinking Atrous Convolution for Semantic Image Segmentation. arXiv:1706.05587",
  year: 2017,
  novelty: "Dilated convolutions of several reaches, and the whole image's mean, see objects of all sizes",
  head: ["classifier.4"],
} as const;

export const deepLabV3Entries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "deeplabv3_resnet50",
    parameters: 39_638_869,
    macs: 168_731_205_888,
    accuracy: vocAccuracy(66.4),
    weights: segmentationWeights("deeplabv3_resnet50_coco-cd0a2569"),
    create: (options) => deepLabV3(resnetBackbone(resnets.resnet50, options?.inChannels), options),
  },
  {
    ...paper,
    name: "deeplabv3_resnet101",
    parameters: 58_630_997,
    macs: 248_752_300_288,
    accuracy: vocAccuracy(67.4),
    weights: segmentationWeights("deeplabv3_resnet101_coco-586e9e4e"),
    create: (options) => deepLabV3(resnetBackbone(resnets.resnet101, options?.inChannels), options),
  },
  {
    ...paper,
    name: "deeplabv3_mobilenet_v3_large",
    parameters: 11_025_477,
    macs: 10_436_350_688,
    accuracy: vocAccuracy(60.3),
    weights: segmentationWeights("deeplabv3_mobilenet_v3_large-fc3c493d"),
    create: (options) => deepLabV3(mobilenetV3Backbone(options?.inChannels), options),
  },
];
