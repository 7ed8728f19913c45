import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { imagenet, imagenetAccuracy, spread } from "./imagenet.ts";
import { heFanOut, initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions, PretrainedWeights } from "./model-entry.ts";
import { NamedSequential } from "./named-sequential.ts";

/** Output channels of a block's three separable convolutions, and the stride of the last. */
type Row = readonly [widths: readonly [number, number, number], stride: number];

const same = (width: number, stride: number): Row => [[width, width, width], stride];

const middle = (count: number): Row[] => Array.from({ length: count }, () => same(728, 1));

type Name = "xception41" | "xception65" | "xception71";

/** Figure 4: the blocks with shortcuts; the numbers count convolutions along the longest path. */
const tables: Readonly<Record<Name, readonly Row[]>> = {
  xception41: [same(128, 2), same(256, 2), same(728, 2), ...middle(8)],
  xception65: [same(128, 2), same(256, 2), same(728, 2), ...middle(16)],
  xception71: [same(128, 2), same(256, 1), same(256, 2), same(728, 1), same(728, 2), ...middle(16)],
};

const stemChannels = [32, 64] as const;
const exit: Row = [[728, 1024, 1024], 2];
const last = [1536, 1536, 2048] as const;

const norm = (channels: number) => new BatchNorm2d(channels, { eps: 1e-3 });

function conv(inChannels: number, outChannels: number, kernelSize: 1 | 3, stride = 1, groups = 1): Conv2d {
  return new Conv2d(inChannels, outChannels, kernelSize, {
    ...{ stride, groups, bias: false },
    padding: (kernelSize - 1) / 2,
  });
}

/** A 3×3 filter for each channel and a 1×1 convolution, each normalized, and with a ReLU where none stands before them. */
function separable(inChannels: number, outChannels: number, stride: number, activated: boolean): Module {
  return new NamedSequential({
    conv_dw: conv(inChannels, inChannels, 3, stride, inChannels),
    bn_dw: norm(inChannels),
    ...(activated && { act_dw: new ReLU() }),
    conv_pw: conv(inChannels, outChannels, 1),
    bn_pw: norm(outChannels),
    ...(activated && { act_pw: new ReLU() }),
  });
}

/** Three separable convolutions, each behind a ReLU, beside a shortcut. */
class Block extends Module {
  readonly stack: NamedSequential;
  readonly shortcut: Module | undefined;

  constructor(inChannels: number, [widths, stride]: Row) {
    super();
    const outChannels = widths[2];
    this.stack = new NamedSequential(
      Object.fromEntries(
        widths.flatMap((width, i) => [
          [`act${i + 1}`, new ReLU()],
          [`conv${i + 1}`, separable(widths[i - 1] ?? inChannels, width, i === 2 ? stride : 1, false)],
        ]),
      ),
    );
    if (stride === 1 && inChannels === outChannels) return;
    this.shortcut = new NamedSequential({
      conv: conv(inChannels, outChannels, 1, stride),
      bn: norm(outChannels),
    });
  }

  override forward(x: Tensor): Tensor {
    return add(this.stack.forward(x), this.shortcut ? this.shortcut.forward(x) : x);
  }
}

/** The last three convolutions, whose ReLUs stand behind and inside them. */
function exitStack(inChannels: number): Module {
  const stack = last.map((width, i) => [
    `conv${i + 1}`,
    separable(last[i - 1] ?? inChannels, width, 1, true),
  ]);
  return new NamedSequential({ stack: new NamedSequential(Object.fromEntries(stack)) });
}

/** Images to logits; the names are timm's. */
export function alignedXception(
  name: Name,
  { numClasses = 1000, inChannels = 3 }: ModelOptions = {},
): NamedSequential {
  const rows = [...tables[name], exit];
  const blocks = rows.map((row, i) => new Block(rows[i - 1]?.[0][2] ?? stemChannels[1], row));
  const stem = stemChannels.map((width, i) => {
    const before = stemChannels[i - 1] ?? inChannels;
    return new NamedSequential({
      conv: conv(before, width, 3, i === 0 ? 2 : 1),
      bn: norm(width),
      act: new ReLU(),
    });
  });
  const model = new NamedSequential({
    stem: new Sequential(...stem),
    blocks: new Sequential(...blocks, exitStack(exit[0][2])),
    head: new NamedSequential({
      global_pool: new AdaptiveAvgPool2d(1),
      flatten: new Flatten(),
      fc: new Linear(last[2], numClasses),
    }),
  });
  return initialize(model, { conv: heFanOut });
}

/** timm's port of the authors' weights. */
function timm(file: string): PretrainedWeights {
  return {
    source: `https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/${file}.pth`,
    preprocessing: {
      inputSize: [3, 299, 299],
      resize: 331,
      interpolation: "bicubic",
      cropMode: "center",
      ...spread,
    },
  };
}

const paper = {
  ...imagenet,
  inputShape: [3, 299, 299],
  paper:
    "Chen, Zhu, Papandreou, Schroff, Adam: Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation. ECCV",
  year: 2018,
  novelty:
    "Strided convolutions take the place of Xception's poolings, so that dilation can take the place of strides",
  head: ["head.fc"],
} as const;

export const xceptionAlignedEntries: readonly ModelEntry[] = [
  {
    ...paper,
    name: "xception41",
    parameters: 26_969_560,
    macs: 9_204_134_312,
    accuracy: imagenetAccuracy(78.55, 94.282),
    weights: timm("tf_xception_41-e6439c97"),
    create: (options) => alignedXception("xception41", options),
  },
  {
    ...paper,
    name: "xception65",
    parameters: 39_916_312,
    macs: 13_852_682_216,
    accuracy: imagenetAccuracy(79.558, 94.656),
    weights: timm("tf_xception_65-c9ae96e8"),
    create: (options) => alignedXception("xception65", options),
  },
  {
    ...paper,
    name: "xception71",
    parameters: 42_338_736,
    macs: 17_946_553_928,
    accuracy: imagenetAccuracy(79.92, 94.908),
    weights: timm("tf_xception_71-8eec7df1"),
    create: (options) => alignedXception("xception71", options),
  },
];
