import { cyclicGroup, type Group } from "../equivariant/group.ts";
import { GroupBatchNorm2d } from "../equivariant/group-batch-norm2d.ts";
import { GroupConv2d } from "../equivariant/group-conv2d.ts";
import { GroupMaxPool } from "../equivariant/group-pool.ts";
import { LiftingConv2d } from "../equivariant/lifting-conv2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Dropout } from "../nn/dropout.ts";
import { GlobalMaxPool } from "../nn/global-max-pool.ts";
import * as init from "../nn/init.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { groupEquivariant } from "./group-equivariant.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { NamedSequential } from "./named-sequential.ts";

/** Section 8.1: 3×3 convolutions before the last one, of 4×4; the pooling comes after the second. */
const depth = 6;
const kernels = { inner: 3, last: 4 } as const;
const poolAfter = 2;

/** The layers l1 to l6 with the pooling among them. */
function trunk(layer: (position: number) => Record<string, Module>): Record<string, Module> {
  const layers: Record<string, Module> = {};
  for (let i = 1; i <= depth; i++) {
    layers[`l${i}`] = new NamedSequential(layer(i));
    if (i === poolAfter) layers["pool"] = new MaxPool2d(2);
  }
  return layers;
}

/** The baseline Z2CNN: ordinary convolutions with 20 channels, and dropout of 0.3 after all layers but the pooled one. */
export function z2Cnn({ numClasses = 10, inChannels = 1 }: ModelOptions = {}): NamedSequential {
  const width = 20;
  const model = new NamedSequential({
    ...trunk((i) => ({
      conv: new Conv2d(i === 1 ? inChannels : width, width, kernels.inner),
      bn: new BatchNorm2d(width),
      relu: new ReLU(),
      ...(i !== poolAfter && { dropout: new Dropout(0.3) }),
    })),
    top: new Conv2d(width, numClasses, kernels.last),
    maxpool: new GlobalMaxPool(),
  });
  return initialize(model, { conv: init.kaimingNormal });
}

/**
 * The same on a group, with 20/√|G| channels, which keeps the number of parameters, without dropout, and with the largest
 * value over the group behind the last convolution.
 */
export function groupCnn(
  group: Group,
  { numClasses = 10, inChannels = 1 }: ModelOptions = {},
): NamedSequential {
  const width = Math.round(20 / Math.sqrt(group.order));
  return new NamedSequential({
    ...trunk((i) => ({
      conv:
        i === 1
          ? new LiftingConv2d(group, inChannels, width, kernels.inner)
          : new GroupConv2d(group, width, width, kernels.inner),
      bn: new GroupBatchNorm2d(group, width),
      relu: new ReLU(),
    })),
    top: new GroupConv2d(group, width, numClasses, kernels.last),
    grouppool: new GroupMaxPool(group),
    maxpool: new GlobalMaxPool(),
  });
}

const shared = {
  ...groupEquivariant,
  inputShape: [1, 28, 28],
  numClasses: 10,
  head: ["top"],
} as const;

export const p4CnnEntries: readonly ModelEntry[] = [
  {
    ...shared,
    name: "z2cnn",
    parameters: 21_750,
    macs: 2_976_080,
    accuracy: { dataset: "Rotated MNIST", top1: 94.97 },
    create: z2Cnn,
  },
  {
    ...shared,
    name: "p4cnn",
    parameters: 24_680,
    macs: 11_673_760,
    accuracy: { dataset: "Rotated MNIST", top1: 97.72 },
    create: (options) => groupCnn(cyclicGroup(4), options),
  },
];
