import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { imagenet, imagenetAccuracy, spread } from "./imagenet.ts";
import { heFanOut, initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { NamedSequential, numbered } from "./named-sequential.ts";

/** Figure 5: output channels of each block's separable convolutions, and the stride of its pooling. */
const blocks = [
  [[128, 128], 2],
  [[256, 256], 2],
  [[728, 728], 2],
  ...Array.from({ length: 8 }, () => [[728, 728, 728], 1] as const),
  [[728, 1024], 2],
] as const;

const stemChannels = [32, 64] as const;
const exitChannels = [1536, 2048] as const;

/** A 3×3 filter for each channel, and a 1×1 convolution over all of them. */
function separable(inChannels: number, outChannels: number): Module {
  return new NamedSequential({
    conv1: new Conv2d(inChannels, inChannels, 3, { padding: 1, groups: inChannels, bias: false }),
    pointwise: new Conv2d(inChannels, outChannels, 1, { bias: false }),
  });
}

/** Separable convolutions, each behind a ReLU, beside a shortcut that is a 1×1 convolution where shapes differ. */
class Block extends Module {
  readonly rep: Sequential;
  readonly skip: Conv2d | undefined;
  readonly skipbn: BatchNorm2d | undefined;

  /** @param activated whether what goes in has been through a ReLU already. */
  constructor(inChannels: number, widths: readonly number[], stride: number, activated: boolean) {
    super();
    const outChannels = widths.at(-1)!;
    this.rep = new Sequential(
      ...widths.flatMap((width, i): Module[] => [
        ...(i === 0 && activated ? [] : [new ReLU()]),
        separable(widths[i - 1] ?? inChannels, width),
        new BatchNorm2d(width),
      ]),
      ...(stride > 1 ? [new MaxPool2d(3, { stride, padding: 1 })] : []),
    );
    if (stride === 1 && inChannels === outChannels) return;
    this.skip = new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
    this.skipbn = new BatchNorm2d(outChannels);
  }

  override forward(x: Tensor): Tensor {
    const shortcut = this.skip && this.skipbn ? this.skipbn.forward(this.skip.forward(x)) : x;
    return add(this.rep.forward(x), shortcut);
  }
}

/** Images to logits; the names are timm's. */
export function xception({ numClasses = 1000, inChannels = 3 }: ModelOptions = {}): NamedSequential {
  const made = blocks.map(([widths, stride], i) => {
    return new Block(blocks[i - 1]?.[0].at(-1) ?? stemChannels[1], widths, stride, i === 0);
  });
  const model = new NamedSequential({
    conv1: new Conv2d(inChannels, stemChannels[0], 3, { stride: 2, bias: false }),
    bn1: new BatchNorm2d(stemChannels[0]),
    act1: new ReLU(),
    conv2: new Conv2d(...stemChannels, 3, { bias: false }),
    bn2: new BatchNorm2d(stemChannels[1]),
    act2: new ReLU(),
    ...numbered("block", made),
    conv3: separable(1024, exitChannels[0]),
    bn3: new BatchNorm2d(exitChannels[0]),
    act3: new ReLU(),
    conv4: separable(...exitChannels),
    bn4: new BatchNorm2d(exitChannels[1]),
    act4: new ReLU(),
    global_pool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    fc: new Linear(exitChannels[1], numClasses),
  });
  return initialize(model, { conv: heFanOut });
}

export const xceptionEntries: readonly ModelEntry[] = [
  {
    ...imagenet,
    name: "xception",
    inputShape: [3, 299, 299],
    paper: "Chollet: Xception: Deep Learning with Depthwise Separable Convolutions. CVPR",
    year: 2017,
    novelty:
      "Inception's branches at their limit, one for each channel, are depthwise separable convolutions with shortcuts",
    parameters: 22_855_952,
    macs: 8_357_403_496,
    accuracy: imagenetAccuracy(78.892, 94.292),
    head: ["fc"],
    weights: {
      source:
        "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-cadene/xception-43020ad28.pth",
      preprocessing: {
        inputSize: [3, 299, 299],
        resize: 333,
        interpolation: "bicubic",
        cropMode: "center",
        ...spread,
      },
    },
    create: xception,
  },
];
