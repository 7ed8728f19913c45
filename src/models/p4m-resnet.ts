import type { Tensor } from "../core/tensor.ts";
import { dihedralGroup } from "../equivariant/group.ts";
import { GroupBatchNorm2d } from "../equivariant/group-batch-norm2d.ts";
import { GroupConv2d } from "../equivariant/group-conv2d.ts";
import { LiftingConv2d } from "../equivariant/lifting-conv2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { groupEquivariant } from "./group-equivariant.ts";
import { inSequence } from "./in-sequence.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

interface Window {
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
}

/** Layers on the plane or on p4m, so that both networks are one. */
interface Layers {
  lift(inChannels: number, outChannels: number): Module;
  conv(inChannels: number, outChannels: number, window: Window): Module;
  norm(channels: number): Module;
  /** Channels of a map for each that the layers above count. */
  readonly fibre: number;
}

const p4m = dihedralGroup(4);
const paddingOf = (kernel: 1 | 3): number => (kernel - 1) / 2;

const onPlane: Layers = {
  lift: (inChannels, outChannels) => new Conv2d(inChannels, outChannels, 3, { padding: 1 }),
  conv: (inChannels, outChannels, { kernel, stride }) =>
    new Conv2d(inChannels, outChannels, kernel, { stride, padding: paddingOf(kernel) }),
  norm: (channels) => new BatchNorm2d(channels),
  fibre: 1,
};

/** Strides of 2 are not exact on the even maps of 32×32 images, as in the paper; on 33×33 ones they are. */
const onP4m: Layers = {
  lift: (inChannels, outChannels) => new LiftingConv2d(p4m, inChannels, outChannels, 3, { padding: 1 }),
  conv: (inChannels, outChannels, { kernel, stride }) =>
    new GroupConv2d(p4m, inChannels, outChannels, kernel, {
      stride,
      padding: paddingOf(kernel),
      exact: false,
    }),
  norm: (channels) => new GroupBatchNorm2d(p4m, channels),
  fibre: p4m.order,
};

/** Normalization and ReLU before each of two convolutions, beside the input or, where sizes change, a 1×1 convolution. */
class Block extends Module {
  readonly bn1: Module;
  readonly conv1: Module;
  readonly bn2: Module;
  readonly conv2: Module;
  readonly shortcut: Module | undefined;
  readonly relu: ReLU = new ReLU();

  constructor(layers: Layers, inChannels: number, channels: number, stride: 1 | 2) {
    super();
    this.bn1 = layers.norm(inChannels);
    this.conv1 = layers.conv(inChannels, channels, { kernel: 3, stride });
    this.bn2 = layers.norm(channels);
    this.conv2 = layers.conv(channels, channels, { kernel: 3, stride: 1 });
    if (inChannels !== channels) this.shortcut = layers.conv(inChannels, channels, { kernel: 1, stride });
  }

  override forward(x: Tensor): Tensor {
    const { bn1, conv1, bn2, conv2, relu, shortcut } = this;
    const y = inSequence([bn1, relu, conv1, bn2, relu, conv2], x);
    return add(y, shortcut ? shortcut.forward(x) : x);
  }
}

/** Section 8.2: blocks of each of the three stages, 6n + 2 layers in all. */
const blocks = 4;

/** The residual network with pre-activation that the paper compares on the plane and on p4m. */
export class PreActivationResNet extends Module {
  readonly conv1: Module;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly bn: Module;
  readonly relu: ReLU = new ReLU();
  readonly avgpool: GlobalAvgPool = new GlobalAvgPool();
  /** Reads every element of the group on its own: the logits are not invariant. */
  readonly fc: Linear;

  constructor(
    layers: Layers,
    widths: readonly [number, number, number],
    { numClasses = 10, inChannels = 3 }: ModelOptions,
  ) {
    super();
    const stage = (from: number, to: number): Sequential =>
      new Sequential(
        ...Array.from({ length: blocks }, (_, i) =>
          i === 0 ? new Block(layers, from, to, from === to ? 1 : 2) : new Block(layers, to, to, 1),
        ),
      );
    this.conv1 = layers.lift(inChannels, widths[0]);
    this.layer1 = stage(widths[0], widths[0]);
    this.layer2 = stage(widths[0], widths[1]);
    this.layer3 = stage(widths[1], widths[2]);
    this.bn = layers.norm(widths[2]);
    this.fc = new Linear(widths[2] * layers.fibre, numClasses);
    initialize(this, { conv: init.kaimingNormal, linear: init.kaimingNormal });
  }

  override forward(x: Tensor): Tensor {
    const { conv1, layer1, layer2, layer3, bn, relu, avgpool, fc } = this;
    return inSequence([conv1, layer1, layer2, layer3, bn, relu, avgpool, fc], x);
  }
}

const shared = {
  ...groupEquivariant,
  inputShape: [3, 32, 32],
  numClasses: 10,
  head: ["fc"],
} as const;

export const p4mResnetEntries: readonly ModelEntry[] = [
  {
    ...shared,
    name: "z2_resnet26",
    parameters: 7_236_046,
    macs: 1_075_658_520,
    accuracy: { dataset: "CIFAR-10", top1: 91.05 },
    create: (options = {}) => new PreActivationResNet(onPlane, [71, 142, 284], options),
  },
  {
    ...shared,
    name: "p4m_resnet26",
    parameters: 7_173_110,
    macs: 8_525_217_600,
    accuracy: { dataset: "CIFAR-10", top1: 94.26 },
    create: (options = {}) => new PreActivationResNet(onP4m, [25, 50, 100], options),
  },
];
