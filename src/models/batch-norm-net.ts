import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Channels of the three stages; each halves height and width. */
const widths = [16, 32, 64] as const;

/** Convolution without a bias, which the normalization would take away again, as section 3.2 of the paper says. */
function stage(inChannels: number, outChannels: number): Module[] {
  return [
    new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false }),
    new BatchNorm2d(outChannels),
    new ReLU(),
    new MaxPool2d(2),
  ];
}

/** A small baseline of the kind that batch normalization made easy to train; takes images of any size from 8×8. */
export function batchNormNet({ numClasses = 10, inChannels = 1 }: ModelOptions = {}): Sequential {
  return new Sequential(
    ...widths.flatMap((width, i) => stage(widths[i - 1] ?? inChannels, width)),
    new GlobalAvgPool(),
    new Linear(widths[2], numClasses),
  );
}

export const batchNormNetEntries: readonly ModelEntry[] = [
  {
    name: "batch-norm-net",
    paper:
      "Ioffe, Szegedy: Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift. ICML",
    year: 2015,
    novelty:
      "Activations are normalized by the batch's mean and variance, so that larger learning rates work",
    task: "classification",
    inputShape: [1, 28, 28],
    numClasses: 10,
    parameters: 24_058,
    macs: 1_919_872,
    head: ["13"],
    create: batchNormNet,
  },
];
