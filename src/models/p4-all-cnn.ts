import { cyclicGroup } from "../equivariant/group.ts";
import { GroupBatchNorm2d } from "../equivariant/group-batch-norm2d.ts";
import { GroupConv2d } from "../equivariant/group-conv2d.ts";
import { GroupAvgPool } from "../equivariant/group-pool.ts";
import { LiftingConv2d } from "../equivariant/lifting-conv2d.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import * as init from "../nn/init.ts";
import { ReLU } from "../nn/relu.ts";
import { type AllCnnLayer, allCnnLayers } from "./all-cnn.ts";
import { groupEquivariant } from "./group-equivariant.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { NamedSequential } from "./named-sequential.ts";

const p4 = cyclicGroup(4);

/** Section 8.2: half the channels of All-CNN-C, which is 96/√4. */
const width = 48;
const std = 0.035;

/**
 * All-CNN-C on p4, with batch normalization behind every convolution.
 *
 * Strides of 2 are not exact on the even maps of 32×32 images, as in the paper; on 33×33 ones they are.
 */
export function p4AllCnnC(options: ModelOptions = {}): NamedSequential {
  let first = true;
  const layer = ({ inChannels, outChannels, kernel, stride }: AllCnnLayer): NamedSequential => {
    const Convolution = first ? LiftingConv2d : GroupConv2d;
    first = false;
    const padding = kernel === 3 ? 1 : 0;
    const conv = new Convolution(p4, inChannels, outChannels, kernel, { stride, padding, exact: false });
    init.normal(conv.weight, 0, std);
    return new NamedSequential({ conv, bn: new GroupBatchNorm2d(p4, outChannels), relu: new ReLU() });
  };
  const end = { grouppool: new GroupAvgPool(p4), avgpool: new GlobalAvgPool() };
  return allCnnLayers(width, layer, end, options);
}

export const p4AllCnnEntries: readonly ModelEntry[] = [
  {
    ...groupEquivariant,
    name: "p4_all_cnn_c",
    inputShape: [3, 32, 32],
    numClasses: 10,
    parameters: 1_371_006,
    macs: 1_119_879_168,
    accuracy: { dataset: "CIFAR-10", top1: 91.16 },
    head: ["l9.bn", "l9.conv"],
    create: p4AllCnnC,
  },
];
