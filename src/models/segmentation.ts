import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { Module } from "../nn/module.ts";
import { interpolate } from "../ops/interpolate.ts";
import type { AuxiliaryOutputs } from "./auxiliary-outputs.ts";
import { torchvision } from "./imagenet.ts";
import { inSequence } from "./in-sequence.ts";
import { mobilenetV3LargeFeatures } from "./mobilenet-v3.ts";
import type { Accuracy, ModelEntry, PretrainedWeights } from "./model-entry.ts";
import { ResNetBackbone, type ResNetSettings } from "./resnet.ts";

/** What is the same for networks that give each pixel one of Pascal VOC's twenty classes or the background. */
export const pascalVoc: Pick<ModelEntry, "task" | "inputShape" | "numClasses"> = {
  task: "segmentation",
  inputShape: [3, 520, 520],
  numClasses: 21,
};

/** Mean intersection over union on the images of COCO's validation set with classes of Pascal VOC. */
export function vocAccuracy(meanIou: number): Accuracy {
  return { dataset: "COCO 2017 with the labels of Pascal VOC", meanIou };
}

/** torchvision's weights, for images whose shorter side is 520. */
export function segmentationWeights(file: string): PretrainedWeights {
  return torchvision(file, 520, 520);
}

/** A classifier's layers before its pooling, whose maps a head turns into classes. */
export interface Backbone {
  readonly module: Module;
  readonly lowChannels: number;
  readonly highChannels: number;
  /** Maps of an earlier stage and of the last. */
  maps(x: Tensor): { readonly low: Tensor; readonly high: Tensor };
}

/** A ResNet whose last two stages are dilated, so that both maps have an eighth of the image's extents. */
export function resnetBackbone(settings: ResNetSettings, inChannels = 3): Backbone {
  const module = new ResNetBackbone({ ...settings, dilated: [false, false, true, true] }, inChannels);
  const { lowChannels, outChannels: highChannels } = module;
  return { module, lowChannels, highChannels, maps: (x) => module.maps(x) };
}

/** Table 1 of MobileNetV3: the layers up to the first maps of an eighth of the extents, and the channels of these. */
const lowLayers = 5;
const lowChannels = 40;

/** The large MobileNetV3: maps of an eighth of the image's extents, and of a sixteenth. */
export function mobilenetV3Backbone(inChannels = 3): Backbone {
  const module = mobilenetV3LargeFeatures(inChannels);
  return {
    module,
    lowChannels,
    highChannels: 960,
    maps: (x) => {
      const low = inSequence(module.layers.slice(0, lowLayers), x);
      return { low, high: inSequence(module.layers.slice(lowLayers), low) };
    },
  };
}

/** Brings maps to an image's extents. */
export function resizeTo(maps: Tensor, image: Shape): Tensor {
  return interpolate(maps, { size: image.slice(-2), mode: "bilinear" });
}

/** Images [N, C, H, W] to logits [N, numClasses, H, W]. */
export class SegmentationNet extends Module {
  readonly backbone: Module;
  readonly classifier: Module;
  readonly auxClassifier: Module | undefined;
  readonly #maps: Backbone["maps"];

  /**
   * @param classifier of the backbone's last maps.
   * @param auxClassifier of its earlier maps, for training alone.
   */
  constructor(backbone: Backbone, classifier: Module, auxClassifier?: Module) {
    super();
    this.backbone = backbone.module;
    this.classifier = classifier;
    this.auxClassifier = auxClassifier;
    this.#maps = (x) => backbone.maps(x);
  }

  override forward(x: Tensor): Tensor {
    return this.forwardAll(x).logits;
  }

  /** The logits, and those of the auxiliary head if there is one. */
  forwardAll(x: Tensor): AuxiliaryOutputs {
    const { low, high } = this.#maps(x);
    const logits = resizeTo(this.classifier.forward(high), x.shape);
    return {
      logits,
      auxiliary: this.auxClassifier ? [resizeTo(this.auxClassifier.forward(low), x.shape)] : [],
    };
  }
}
