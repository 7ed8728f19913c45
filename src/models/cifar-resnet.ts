import type { Tensor } from "../core/tensor.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Identity } from "../nn/identity.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { padConstant, slice } from "../ops/movement.ts";
import { inSequence } from "./in-sequence.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Section 4.2: channels of the first stage, with maps of 32×32; the others have twice as many, of half the extents. */
const firstWidth = 16;

/** What an experiment changes about the paper's network; nothing unless told. */
export interface CifarResNetVariation {
  /** Channels of the first stage, which the others double; 16 unless told. */
  readonly width?: number;
  /** Without them it is the paper's plain network, the same layers one after the other. */
  readonly shortcuts?: boolean;
  /** Without it convolutions have biases, as before batch normalization. */
  readonly batchNorm?: boolean;
}

/** Two 3×3 convolutions; the shortcut has no parameters (option A): every other pixel, and zeros for new channels. */
class Block extends Module {
  readonly conv1: Conv2d;
  readonly bn1: Module;
  readonly relu: ReLU = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: Module;
  readonly #shortcuts: boolean;

  constructor(
    inChannels: number,
    channels: number,
    { shortcuts = true, batchNorm = true }: CifarResNetVariation,
  ) {
    super();
    const stride = inChannels === channels ? 1 : 2;
    this.conv1 = new Conv2d(inChannels, channels, 3, { stride, padding: 1, bias: !batchNorm });
    this.bn1 = normalization(channels, batchNorm);
    this.conv2 = new Conv2d(channels, channels, 3, { padding: 1, bias: !batchNorm });
    this.bn2 = normalization(channels, batchNorm);
    this.#shortcuts = shortcuts;
  }

  override forward(x: Tensor): Tensor {
    const inner = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const y = this.bn2.forward(this.conv2.forward(inner));
    return this.relu.forward(this.#shortcuts ? add(y, this.#shortcut(x)) : y);
  }

  #shortcut(x: Tensor): Tensor {
    const { inChannels, outChannels } = this.conv1;
    if (inChannels === outChannels) return x;
    const side = [0, (outChannels - inChannels) / 2, 0, 0];
    const half = slice(x, [null, null, { step: 2 }, { step: 2 }]);
    return padConstant(half, { low: side, high: side, interior: [0, 0, 0, 0], value: 0 });
  }
}

function normalization(channels: number, batchNorm: boolean): Module {
  return batchNorm ? new BatchNorm2d(channels) : new Identity();
}

function stage(
  inChannels: number,
  channels: number,
  count: number,
  variation: CifarResNetVariation,
): Sequential {
  return new Sequential(
    ...Array.from(
      { length: count },
      (_, i) => new Block(i === 0 ? inChannels : channels, channels, variation),
    ),
  );
}

/** The residual networks for images of 32×32, with 6n + 2 layers. */
export class CifarResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: Module;
  readonly relu: ReLU = new ReLU();
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly avgpool: GlobalAvgPool = new GlobalAvgPool();
  readonly linear: Linear;

  /** @param n blocks of a stage. */
  constructor(
    n: number,
    { numClasses = 10, inChannels = 3 }: ModelOptions = {},
    variation: CifarResNetVariation = {},
  ) {
    super();
    const { width = firstWidth, batchNorm = true } = variation;
    this.conv1 = new Conv2d(inChannels, width, 3, { padding: 1, bias: !batchNorm });
    this.bn1 = normalization(width, batchNorm);
    this.layer1 = stage(width, width, n, variation);
    this.layer2 = stage(width, 2 * width, n, variation);
    this.layer3 = stage(2 * width, 4 * width, n, variation);
    this.linear = new Linear(4 * width, numClasses);
    initialize(this, { conv: init.kaimingNormal, linear: init.kaimingNormal });
  }

  override forward(x: Tensor): Tensor {
    const stem = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const maps = inSequence([this.layer1, this.layer2, this.layer3], stem);
    return this.linear.forward(this.avgpool.forward(maps));
  }
}

/** Table 6: layers, parameters, multiply-accumulates and the error on the test images in per cent. */
const table = [
  [20, 269_722, 40_551_040, 8.75],
  [32, 464_154, 68_862_592, 7.51],
  [44, 658_586, 97_174_144, 7.17],
  [56, 853_018, 125_485_696, 6.97],
  [110, 1_727_962, 252_887_680, 6.43],
  [1202, 19_421_274, 2_829_238_912, 7.93],
] as const;

export const cifarResnetEntries: readonly ModelEntry[] = table.map(([layers, parameters, macs, error]) => ({
  name: `cifar_resnet${layers}`,
  paper: "He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition. CVPR",
  year: 2016,
  novelty:
    "Blocks learn what to add to their input, so that gradients pass through a hundred layers and more",
  task: "classification",
  inputShape: [3, 32, 32],
  numClasses: 10,
  parameters,
  macs,
  accuracy: { dataset: "CIFAR-10", top1: Number((100 - error).toFixed(2)) },
  head: ["linear"],
  create: (options?: ModelOptions): CifarResNet => new CifarResNet((layers - 2) / 6, options),
}));
