import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Dropout } from "../nn/dropout.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import type { Parameter } from "../nn/parameter.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { concat, flatten } from "../ops/movement.ts";
import type { AuxiliaryOutputs } from "./auxiliary-outputs.ts";
import { imagenet, imagenetAccuracy, spread, torchvision } from "./imagenet.ts";
import { inSequence } from "./in-sequence.ts";
import { InceptionConv } from "./inception-conv.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Table 1: #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj. */
type Widths = readonly [number, number, number, number, number, number];

const table = {
  inception3a: [64, 96, 128, 16, 32, 32],
  inception3b: [128, 128, 192, 32, 96, 64],
  inception4a: [192, 96, 208, 16, 48, 64],
  inception4b: [160, 112, 224, 24, 64, 64],
  inception4c: [128, 128, 256, 24, 64, 64],
  inception4d: [112, 144, 288, 32, 64, 64],
  inception4e: [256, 160, 320, 32, 128, 128],
  inception5a: [256, 160, 320, 32, 128, 128],
  inception5b: [384, 192, 384, 48, 128, 128],
} as const satisfies Readonly<Record<string, Widths>>;

function pool(kernelSize: number, stride = 2, padding = 0): MaxPool2d {
  return new MaxPool2d(kernelSize, { stride, padding, ceilMode: true }) as MaxPool2d;
}

/** Figure 2b, where torchvision, and so its weights, have 3×3 kernels for the paper's 5×5. */
class Inception extends Module {
  readonly branch1: InceptionConv;
  readonly branch2: Sequential;
  readonly branch3: Sequential;
  readonly branch4: Sequential;

  constructor(inChannels: number, [n1, reduce3, n3, reduce5, n5, projection]: Widths) {
    super();
    this.branch1 = new InceptionConv(inChannels, n1, 1);
    this.branch2 = new Sequential(
      new InceptionConv(inChannels, reduce3, 1),
      new InceptionConv(reduce3, n3, 3, { padding: 1 }),
    );
    this.branch3 = new Sequential(
      new InceptionConv(inChannels, reduce5, 1),
      new InceptionConv(reduce5, n5, 3, { padding: 1 }),
    );
    this.branch4 = new Sequential(pool(3, 1, 1), new InceptionConv(inChannels, projection, 1));
  }

  override forward(x: Tensor): Tensor {
    const branches = [this.branch1, this.branch2, this.branch3, this.branch4];
    return concat(
      branches.map((branch) => branch.forward(x)),
      1,
    );
  }
}

/** Section 5: a classifier of maps from the middle, with which gradients come sooner to what lies before them. */
class AuxiliaryHead extends Module {
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(4);
  readonly conv: InceptionConv;
  readonly fc1: Linear = new Linear(128 * 4 * 4, 1024);
  readonly relu: ReLU = new ReLU();
  readonly dropout: Dropout = new Dropout(0.7);
  readonly fc2: Linear;

  constructor(inChannels: number, numClasses: number) {
    super();
    this.conv = new InceptionConv(inChannels, 128, 1);
    this.fc2 = new Linear(1024, numClasses);
  }

  override forward(x: Tensor): Tensor {
    const features = flatten(this.conv.forward(this.avgpool.forward(x)), 1);
    return this.fc2.forward(this.dropout.forward(this.relu.forward(this.fc1.forward(features))));
  }
}

export class GoogLeNet extends Module {
  readonly conv1: InceptionConv;
  readonly maxpool1: MaxPool2d = pool(3);
  readonly conv2: InceptionConv = new InceptionConv(64, 64, 1);
  readonly conv3: InceptionConv = new InceptionConv(64, 192, 3, { padding: 1 });
  readonly maxpool2: MaxPool2d = pool(3);
  readonly inception3a: Inception = new Inception(192, table.inception3a);
  readonly inception3b: Inception = new Inception(256, table.inception3b);
  readonly maxpool3: MaxPool2d = pool(3);
  readonly inception4a: Inception = new Inception(480, table.inception4a);
  readonly inception4b: Inception = new Inception(512, table.inception4b);
  readonly inception4c: Inception = new Inception(512, table.inception4c);
  readonly inception4d: Inception = new Inception(512, table.inception4d);
  readonly inception4e: Inception = new Inception(528, table.inception4e);
  readonly maxpool4: MaxPool2d = pool(2);
  readonly inception5a: Inception = new Inception(832, table.inception5a);
  readonly inception5b: Inception = new Inception(832, table.inception5b);
  readonly aux1: AuxiliaryHead | undefined;
  readonly aux2: AuxiliaryHead | undefined;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly dropout: Dropout = new Dropout(0.2);
  readonly fc: Linear;

  constructor({ numClasses = 1000, inChannels = 3, auxiliary = false }: ModelOptions = {}) {
    super();
    this.conv1 = new InceptionConv(inChannels, 64, 7, { stride: 2, padding: 3 });
    this.aux1 = auxiliary ? new AuxiliaryHead(512, numClasses) : undefined;
    this.aux2 = auxiliary ? new AuxiliaryHead(528, numClasses) : undefined;
    this.fc = new Linear(1024, numClasses);
    const draw = (weight: Parameter): void => void init.truncNormal(weight, 0, 0.01);
    initialize(this, { conv: draw, linear: draw });
  }

  override forward(x: Tensor): Tensor {
    return this.#classify(this.#trunk(x).at(-1)!);
  }

  /** The logits with those of the auxiliary heads after 4a and 4d, whose losses count 0.3 each in the paper. */
  forwardAll(x: Tensor): AuxiliaryOutputs {
    const [after4a, after4d, last] = this.#trunk(x);
    const auxiliary = [this.aux1?.forward(after4a), this.aux2?.forward(after4d)];
    return { logits: this.#classify(last), auxiliary: auxiliary.filter((logits) => logits !== undefined) };
  }

  /** The maps after 4a, 4d and 5b. */
  #trunk(x: Tensor): readonly [Tensor, Tensor, Tensor] {
    const stem = [this.conv1, this.maxpool1, this.conv2, this.conv3, this.maxpool2];
    const stage3 = [this.inception3a, this.inception3b, this.maxpool3];
    const after4a = inSequence([...stem, ...stage3, this.inception4a], x);
    const after4d = inSequence([this.inception4b, this.inception4c, this.inception4d], after4a);
    const stage5 = [this.maxpool4, this.inception5a, this.inception5b];
    return [after4a, after4d, inSequence([this.inception4e, ...stage5], after4d)];
  }

  #classify(maps: Tensor): Tensor {
    return this.fc.forward(this.dropout.forward(flatten(this.avgpool.forward(maps), 1)));
  }
}

const weights = torchvision("googlenet-1378be20");

export const googlenetEntries: readonly ModelEntry[] = [
  {
    ...imagenet,
    name: "googlenet",
    paper:
      "Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich: Going Deeper with Convolutions. CVPR",
    year: 2015,
    novelty:
      "Modules of 1×1, 3×3 and larger kernels side by side, which 1×1 convolutions to fewer channels make affordable",
    parameters: 6_624_904,
    macs: 1_498_376_192,
    accuracy: imagenetAccuracy(69.778, 89.53),
    head: ["fc"],
    weights: { ...weights, preprocessing: { ...weights.preprocessing, ...spread } },
    create: (options?: ModelOptions): GoogLeNet => new GoogLeNet(options),
  },
];
