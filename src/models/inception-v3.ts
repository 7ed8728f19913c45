import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { AvgPool2d } from "../nn/avg-pool2d.ts";
import { Dropout } from "../nn/dropout.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { type Member, Module } from "../nn/module.ts";
import type { Parameter } from "../nn/parameter.ts";
import { concat, flatten } from "../ops/movement.ts";
import { type PerAxis, perAxis } from "../ops/spatial.ts";
import type { AuxiliaryOutputs } from "./auxiliary-outputs.ts";
import { imagenet, imagenetAccuracy, spread, torchvision } from "./imagenet.ts";
import { inSequence } from "./in-sequence.ts";
import { InceptionConv } from "./inception-conv.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Channels and kernel of convolutions by name; with stride 2 there is no padding, and else it keeps the extents. */
type Convs = Readonly<Record<string, readonly [channels: number, kernelSize: PerAxis, stride?: 2]>>;

/** What a module's input goes through on one of several ways side by side. */
interface Branch {
  /** What comes first: the average of 3×3 with stride 1, or the maximum with stride 2. */
  readonly pool?: "average" | "max";
  /** Convolutions one after another. */
  readonly convs?: Convs;
  /** Convolutions of the same input, with which the branch ends. */
  readonly fork?: Convs;
}

/** Figure 5: two 3×3 for the 5×5 of GoogLeNet, whose 5×5 is there as well. */
const figure5 = (projection: number): Branch[] => [
  { convs: { branch1x1: [64, 1] } },
  { convs: { branch5x5_1: [48, 1], branch5x5_2: [64, 5] } },
  { convs: { branch3x3dbl_1: [64, 1], branch3x3dbl_2: [96, 3], branch3x3dbl_3: [96, 3] } },
  { pool: "average", convs: { branch_pool: [projection, 1] } },
];

/** Figure 6, n = 7: 1×7 and 7×1 for a 7×7. */
const figure6 = (width: number): Branch[] => [
  { convs: { branch1x1: [192, 1] } },
  { convs: { branch7x7_1: [width, 1], branch7x7_2: [width, [1, 7]], branch7x7_3: [192, [7, 1]] } },
  {
    convs: {
      branch7x7dbl_1: [width, 1],
      branch7x7dbl_2: [width, [7, 1]],
      branch7x7dbl_3: [width, [1, 7]],
      branch7x7dbl_4: [width, [7, 1]],
      branch7x7dbl_5: [192, [1, 7]],
    },
  },
  { pool: "average", convs: { branch_pool: [192, 1] } },
];

/** Figure 7: more outputs for the coarsest maps. */
const figure7: readonly Branch[] = [
  { convs: { branch1x1: [320, 1] } },
  {
    convs: { branch3x3_1: [384, 1] },
    fork: { branch3x3_2a: [384, [1, 3]], branch3x3_2b: [384, [3, 1]] },
  },
  {
    convs: { branch3x3dbl_1: [448, 1], branch3x3dbl_2: [384, 3] },
    fork: { branch3x3dbl_3a: [384, [1, 3]], branch3x3dbl_3b: [384, [3, 1]] },
  },
  { pool: "average", convs: { branch_pool: [192, 1] } },
];

/** Figure 10: convolutions and a pooling with stride 2 side by side halve the extents. */
const reduction6: readonly Branch[] = [
  { convs: { branch3x3: [384, 3, 2] } },
  { convs: { branch3x3dbl_1: [64, 1], branch3x3dbl_2: [96, 3], branch3x3dbl_3: [96, 3, 2] } },
  { pool: "max" },
];

const reduction7: readonly Branch[] = [
  { convs: { branch3x3_1: [192, 1], branch3x3_2: [320, 3, 2] } },
  {
    convs: {
      branch7x7x3_1: [192, 1],
      branch7x7x3_2: [192, [1, 7]],
      branch7x7x3_3: [192, [7, 1]],
      branch7x7x3_4: [192, 3, 2],
    },
  },
  { pool: "max" },
];

interface Path {
  readonly pool: Module | undefined;
  readonly convs: ReadonlyMap<string, InceptionConv>;
  readonly fork: ReadonlyMap<string, InceptionConv>;
}

function pathOf(inChannels: number, { pool, convs = {}, fork = {} }: Branch): Path {
  let channels = inChannels;
  const made = (from: () => number, table: Convs): Map<string, InceptionConv> =>
    new Map(
      Object.entries(table).map(([name, [width, kernelSize, stride = 1]]) => {
        const kernel = perAxis("inceptionV3", "kernelSize", kernelSize, 2, 1);
        const padding = kernel.map((extent) => (stride === 1 ? (extent - 1) / 2 : 0));
        const conv = new InceptionConv(from(), width, kernelSize, { stride, padding });
        channels = width;
        return [name, conv];
      }),
    );
  const pools = {
    average: () => new AvgPool2d(3, { stride: 1, padding: 1 }),
    max: () => new MaxPool2d(3, { stride: 2 }),
  };
  const chain = made(() => channels, convs);
  const forked = channels;
  return { pool: pool && pools[pool](), convs: chain, fork: made(() => forked, fork) };
}

/** Branches with their outputs one after another on the channel axis. */
class Mixed extends Module {
  readonly #paths: readonly Path[];

  constructor(inChannels: number, branches: readonly Branch[]) {
    super();
    this.#paths = branches.map((branch) => pathOf(inChannels, branch));
  }

  override *members(): Iterable<readonly [name: string, member: Member]> {
    for (const { convs, fork } of this.#paths) {
      yield* convs;
      yield* fork;
    }
  }

  override forward(x: Tensor): Tensor {
    const outputs = this.#paths.flatMap(({ pool, convs, fork }) => {
      const pooled = pool?.forward(x) ?? x;
      const y = inSequence([...convs.values()], pooled);
      return fork.size > 0 ? [...fork.values()].map((conv) => conv.forward(y)) : [y];
    });
    return concat(outputs, 1);
  }
}

/** Section 4: a classifier of the 17×17 maps, which acts as a regularizer. */
class AuxiliaryHead extends Module {
  readonly pool: AvgPool2d = new AvgPool2d(5, { stride: 3 }) as AvgPool2d;
  readonly conv0: InceptionConv;
  readonly conv1: InceptionConv = new InceptionConv(128, 768, 5);
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;

  constructor(inChannels: number, numClasses: number) {
    super();
    this.conv0 = new InceptionConv(inChannels, 128, 1);
    this.fc = new Linear(768, numClasses);
  }

  override forward(x: Tensor): Tensor {
    const maps = this.conv1.forward(this.conv0.forward(this.pool.forward(x)));
    return this.fc.forward(flatten(this.avgpool.forward(maps), 1));
  }
}

export class InceptionV3 extends Module {
  readonly Conv2d_1a_3x3: InceptionConv;
  readonly Conv2d_2a_3x3: InceptionConv = new InceptionConv(32, 32, 3);
  readonly Conv2d_2b_3x3: InceptionConv = new InceptionConv(32, 64, 3, { padding: 1 });
  readonly maxpool1: Module = new MaxPool2d(3, { stride: 2 });
  readonly Conv2d_3b_1x1: InceptionConv = new InceptionConv(64, 80, 1);
  readonly Conv2d_4a_3x3: InceptionConv = new InceptionConv(80, 192, 3);
  readonly maxpool2: Module = new MaxPool2d(3, { stride: 2 });
  readonly Mixed_5b: Mixed = new Mixed(192, figure5(32));
  readonly Mixed_5c: Mixed = new Mixed(256, figure5(64));
  readonly Mixed_5d: Mixed = new Mixed(288, figure5(64));
  readonly Mixed_6a: Mixed = new Mixed(288, reduction6);
  readonly Mixed_6b: Mixed = new Mixed(768, figure6(128));
  readonly Mixed_6c: Mixed = new Mixed(768, figure6(160));
  readonly Mixed_6d: Mixed = new Mixed(768, figure6(160));
  readonly Mixed_6e: Mixed = new Mixed(768, figure6(192));
  readonly AuxLogits: AuxiliaryHead | undefined;
  readonly Mixed_7a: Mixed = new Mixed(768, reduction7);
  readonly Mixed_7b: Mixed = new Mixed(1280, figure7);
  readonly Mixed_7c: Mixed = new Mixed(2048, figure7);
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly dropout: Dropout = new Dropout();
  readonly fc: Linear;

  constructor({ numClasses = 1000, inChannels = 3, auxiliary = false }: ModelOptions = {}) {
    super();
    this.Conv2d_1a_3x3 = new InceptionConv(inChannels, 32, 3, { stride: 2 });
    this.AuxLogits = auxiliary ? new AuxiliaryHead(768, numClasses) : undefined;
    this.fc = new Linear(2048, numClasses);
    const draw = (weight: Parameter): void => void init.truncNormal(weight, 0, 0.1);
    initialize(this, { conv: draw, linear: draw });
    if (this.AuxLogits) init.truncNormal(this.AuxLogits.fc.weight, 0, 0.001);
  }

  override forward(x: Tensor): Tensor {
    return this.#classify(this.#trunk(x));
  }

  /** The logits with those of the auxiliary head after 6e, whose loss counts 0.4 in torchvision's training. */
  forwardAll(x: Tensor): AuxiliaryOutputs {
    const maps = this.#trunk(x);
    return { logits: this.#classify(maps), auxiliary: this.AuxLogits ? [this.AuxLogits.forward(maps)] : [] };
  }

  /** The 17×17 maps after 6e. */
  #trunk(x: Tensor): Tensor {
    const stem = [this.Conv2d_1a_3x3, this.Conv2d_2a_3x3, this.Conv2d_2b_3x3, this.maxpool1];
    const entry = [this.Conv2d_3b_1x1, this.Conv2d_4a_3x3, this.maxpool2];
    const mixed5 = [this.Mixed_5b, this.Mixed_5c, this.Mixed_5d];
    const mixed6 = [this.Mixed_6a, this.Mixed_6b, this.Mixed_6c, this.Mixed_6d, this.Mixed_6e];
    return inSequence([...stem, ...entry, ...mixed5, ...mixed6], x);
  }

  #classify(maps: Tensor): Tensor {
    const last = [this.Mixed_7a, this.Mixed_7b, this.Mixed_7c, this.avgpool, this.dropout];
    return this.fc.forward(flatten(inSequence(last, maps), 1));
  }
}

const weights = torchvision("inception_v3_google-0cc3c7bd", 299, 342);

export const inceptionV3Entries: readonly ModelEntry[] = [
  {
    ...imagenet,
    name: "inception_v3",
    inputShape: [3, 299, 299],
    paper:
      "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception Architecture for Computer Vision. CVPR",
    year: 2016,
    novelty:
      "Large kernels are factorized into small and asymmetric ones, and labels are smoothed for the training",
    parameters: 23_834_568,
    macs: 5_713_216_096,
    accuracy: imagenetAccuracy(77.294, 93.45),
    head: ["fc"],
    weights: { ...weights, preprocessing: { ...weights.preprocessing, ...spread } },
    create: (options?: ModelOptions): InceptionV3 => new InceptionV3(options),
  },
];
