// Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s. CVPR 2022.

import { mul, permute, type Tensor } from "../../../dist/index.js";
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Flatten,
  GELU,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  Residual,
  Sequential,
} from "../../../dist/nn/index.js";
import { numClasses } from "./classifier.ts";
import type { Network } from "./network.ts";

/** Section 3, ConvNeXt-T: channels and blocks of the stages. */
const widths = [96, 192, 384, 768] as const;
const depths = [3, 3, 9, 3] as const;
const eps = 1e-6;

/** Axes in another order. */
class Permute extends Module {
  readonly order: readonly number[];

  constructor(...order: readonly number[]) {
    super();
    this.order = order;
  }

  override forward(x: Tensor): Tensor {
    return permute(x, this.order);
  }
}

const channelsLast = () => new Permute(0, 2, 3, 1);
const channelsFirst = () => new Permute(0, 3, 1, 2);

/** One learned factor for each channel. */
class LayerScale extends Module {
  readonly factors: Parameter;

  constructor(channels: number) {
    super();
    this.factors = Parameter.zeros([channels, 1, 1]);
  }

  override forward(x: Tensor): Tensor {
    return mul(x, this.factors);
  }
}

function norm2d(channels: number): Module[] {
  return [channelsLast(), new LayerNorm(channels, { eps }), channelsFirst()];
}

/** Figure 4, right. */
function block(channels: number): Module {
  const body = new Sequential(
    new Conv2d(channels, channels, 7, { padding: 3, groups: channels }),
    channelsLast(),
    new LayerNorm(channels, { eps }),
    new Linear(channels, 4 * channels),
    new GELU(),
    new Linear(4 * channels, channels),
    channelsFirst(),
    new LayerScale(channels),
  );
  return new Residual<Module>(body);
}

function stage(index: number): Module[] {
  const width = widths[index]!;
  const before = widths[index - 1];
  const down = before
    ? [...norm2d(before), new Conv2d(before, width, 2, { stride: 2 })]
    : [new Conv2d(3, width, 4, { stride: 4 }), ...norm2d(width)];
  return [...down, ...Array.from({ length: depths[index]! }, () => block(width))];
}

export const convnextTiny: Network = {
  name: "convnexttiny",
  inputShape: [3, 224, 224],
  gain: 1,
  create: () =>
    new Sequential(
      ...widths.flatMap((_, index) => stage(index)),
      new AdaptiveAvgPool2d(1),
      new Flatten(),
      new LayerNorm(widths[3], { eps }),
      new Linear(widths[3], numClasses),
    ),
};
