import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import * as init from "../nn/init.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { NamedSequential } from "./named-sequential.ts";

/** One convolution of the network. */
export interface AllCnnLayer {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: 1 | 3;
  /** 2 in place of a pooling. */
  readonly stride: 1 | 2;
}

/** Table 1, model C, with strides in place of poolings: width as a multiple of the first, kernel, stride. */
const table = [
  [1, 3, 1],
  [1, 3, 1],
  [1, 3, 2],
  [2, 3, 1],
  [2, 3, 1],
  [2, 3, 2],
  [2, 3, 1],
  [2, 1, 1],
] as const;

/** Behind how many layers which share of the values is dropped (0: of the pixels). */
const dropouts = new Map([
  [0, 0.2],
  [3, 0.5],
  [6, 0.5],
]);

/** The nine layers of All-CNN-C with dropout between them; `layer` makes each, `end` makes logits of the last. */
export function allCnnLayers(
  width: number,
  layer: (settings: AllCnnLayer) => Module,
  end: Readonly<Record<string, Module>>,
  { numClasses = 10, inChannels = 3 }: ModelOptions = {},
): NamedSequential {
  const layers: Record<string, Module> = {};
  const add = (i: number, settings: AllCnnLayer): void => {
    const p = dropouts.get(i);
    if (p !== undefined) layers[`drop${i}`] = new Dropout(p);
    layers[`l${i + 1}`] = layer(settings);
  };
  let channels = inChannels;
  for (const [i, [factor, kernel, stride]] of table.entries()) {
    add(i, { inChannels: channels, outChannels: factor * width, kernel, stride });
    channels = factor * width;
  }
  add(table.length, { inChannels: channels, outChannels: numClasses, kernel: 1, stride: 1 });
  return new NamedSequential({ ...layers, ...end });
}

/** Convolutions alone: no pooling but the mean of the logits over the map, and no fully connected layer. */
export function allCnnC(options: ModelOptions = {}): NamedSequential {
  const layer = ({ inChannels, outChannels, kernel, stride }: AllCnnLayer): NamedSequential =>
    new NamedSequential({
      conv: new Conv2d(inChannels, outChannels, kernel, { stride, padding: kernel === 3 ? 1 : 0 }),
      relu: new ReLU(),
    });
  const model = allCnnLayers(96, layer, { avgpool: new GlobalAvgPool() }, options);
  return initialize(model, { conv: init.kaimingNormal });
}

export const allCnnEntries: readonly ModelEntry[] = [
  {
    name: "all_cnn_c",
    paper:
      "Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for Simplicity: The All Convolutional Net. ICLR",
    year: 2015,
    novelty:
      "Strides of convolutions take the place of pooling, so that a network is nothing but convolutions",
    task: "classification",
    inputShape: [3, 32, 32],
    numClasses: 10,
    parameters: 1_369_738,
    macs: 281_174_016,
    accuracy: { dataset: "CIFAR-10", top1: 90.92 },
    head: ["l9.conv"],
    create: allCnnC,
  },
];
