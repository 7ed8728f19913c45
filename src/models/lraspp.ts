import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Module } from "../nn/module.ts";
import { Sequential } from "../nn/sequential.ts";
import { Sigmoid } from "../nn/sigmoid.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { convNorm } from "./conv-norm.ts";
import { mobilenetV3Paper } from "./mobilenet-v3.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import {
  type Backbone,
  mobilenetV3Backbone,
  pascalVoc,
  resizeTo,
  segmentationWeights,
  vocAccuracy,
} from "./segmentation.ts";

const channels = 128;

/** Figure 10, right of the backbone: the last maps, weighted by channel as the whole image decides, and earlier ones. */
class LiteAsppHead extends Module {
  readonly cbr: Sequential;
  readonly scale: Sequential;
  readonly lowClassifier: Conv2d;
  readonly highClassifier: Conv2d;

  constructor({ lowChannels, highChannels }: Backbone, numClasses: number) {
    super();
    this.cbr = convNorm(highChannels, channels, 1);
    this.scale = new Sequential(
      new AdaptiveAvgPool2d(1),
      new Conv2d(highChannels, channels, 1, { bias: false }),
      new Sigmoid(),
    );
    this.lowClassifier = new Conv2d(lowChannels, numClasses, 1);
    this.highClassifier = new Conv2d(channels, numClasses, 1);
  }

  override forward(high: Tensor, low: Tensor): Tensor {
    const weighted = mul(this.cbr.forward(high), this.scale.forward(high));
    const resized = resizeTo(weighted, low.shape);
    return add(this.lowClassifier.forward(low), this.highClassifier.forward(resized));
  }
}

/** Images [N, C, H, W] to logits [N, numClasses, H, W]. */
export class LiteAspp extends Module {
  readonly backbone: Module;
  readonly classifier: LiteAsppHead;
  readonly #maps: Backbone["maps"];

  constructor({ numClasses = 21, inChannels = 3 }: ModelOptions = {}) {
    super();
    const backbone = mobilenetV3Backbone(inChannels);
    this.backbone = backbone.module;
    this.classifier = new LiteAsppHead(backbone, numClasses);
    this.#maps = (x) => backbone.maps(x);
  }

  override forward(x: Tensor): Tensor {
    const { low, high } = this.#maps(x);
    return resizeTo(this.classifier.forward(high, low), x.shape);
  }
}

export const lrasppEntries: readonly ModelEntry[] = [
  {
    ...pascalVoc,
    ...mobilenetV3Paper,
    name: "lraspp_mobilenet_v3_large",
    novelty:
      "For segmentation, the whole image's mean only weighs the channels of maps that few layers turn into classes",
    parameters: 3_221_538,
    macs: 2_086_219_688,
    accuracy: vocAccuracy(57.9),
    head: ["classifier.low_classifier", "classifier.high_classifier"],
    weights: segmentationWeights("lraspp_mobilenet_v3_large-d234d4ea"),
    create: (options) => new LiteAspp(options),
  },
];
