import type { Shape } from "../../../src/core/shape.ts";
import type { OutputShape, UnknownShape } from "../../../src/core/shape-types.ts";
import type { ComposedShape, Conv2dShape } from "../../../src/nn/layer-types.ts";
import { expectType } from "../expect-type.ts";
import {
  AdaptiveAvgPool2d,
  type AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GlobalAvgPool,
  GroupNorm,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Residual,
  Sequential,
  type Tensor,
} from "../layers.ts";

const lenet = new Sequential(
  [1, 28, 28],
  new Conv2d(1, 6, 5, { padding: 2 }),
  new ReLU(),
  new MaxPool2d(2),
  new Conv2d(6, 16, 5),
  new ReLU(),
  new MaxPool2d(2),
  new Flatten(),
  new Linear(400, 120),
  new ReLU(),
  new Linear(120, 84),
  new ReLU(),
  new Linear(84, 10),
);
expectType<typeof lenet, Sequential<[1, 28, 28], [10]>>();

const lenetOfAnySize = new Sequential(
  new Conv2d(1, 6, 5, { padding: 2 }),
  new ReLU(),
  new MaxPool2d(2),
  new Conv2d(6, 16, 5),
  new Flatten(),
  new Linear(400, 10),
);
expectType<typeof lenetOfAnySize, Sequential<[1, number, number], [10]>>();
expectType<OutputShape<typeof lenetOfAnySize, [1, 28, 28]>, [10]>();

// Layers that return the shape they get tell nothing of the input, so the next one does.
const startsWithReLU = new Sequential(new Dropout(), new ReLU(), new Conv2d(3, 8, 3));
expectType<typeof startsWithReLU, Sequential<[3, number, number], [8, number, number]>>();

const perceptron = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
expectType<typeof perceptron, Sequential<[...number[], 784], [...number[], 10]>>();
expectType<OutputShape<typeof perceptron, [49, 784]>, [...number[], 10]>();

const stem = new Sequential(new Conv2d(3, 16, 3, { padding: 1 }), new BatchNorm2d(16), new ReLU());
const nested = new Sequential([3, 32, 32], stem, new GlobalAvgPool(), new Linear(16, 10));
expectType<typeof nested, Sequential<[3, 32, 32], [10]>>();

const sizedStem = new Sequential([3, 32, 32], new Conv2d(3, 16, 3, { padding: 1 }), new GroupNorm(4, 16));
const exactNesting = new Sequential([3, 32, 32], sizedStem, new Flatten(), new Linear(16384, 10));
expectType<typeof exactNesting, Sequential<[3, 32, 32], [10]>>();

// The shortcut knows what the body, whose type has only its ends, does not.
const residual = new Sequential(
  [64, 56, 56],
  new Residual(new Sequential(new Conv2d(64, 64, 3, { padding: 1 }), new ReLU(), new Conv2d(64, 64, 1))),
  new Residual(
    new Sequential(new Conv2d(64, 128, 3, { stride: 2, padding: 1 })),
    new Conv2d(64, 128, 1, { stride: 2 }),
  ),
);
expectType<typeof residual, Sequential<[64, 56, 56], [128, 28, 28]>>();

/** A block of one's own, exact for every input without being given a size. */
declare class Downsample<const I extends number, const O extends number> extends Module {
  readonly "~shape": ComposedShape<[Conv2d<I, O, 3, { stride: 2; padding: 1 }>, ReLU, AvgPool2d<2>]>;
  constructor(inChannels: I, outChannels: O);
  forward(x: Tensor): Tensor;
}
const own = new Sequential([3, 64, 64], new Downsample(3, 8), new Downsample(8, 16));
expectType<typeof own, Sequential<[3, 64, 64], [16, 4, 4]>>();

// What the checker cannot know is `number` or `Shape`, and never an error.
declare const width: number;
declare const either: 16 | 32;
// biome-ignore lint/suspicious/noExplicitAny: what `any` becomes is the point.
declare const anything: any;
declare const layers: Module[];
declare const maybeStrided: { stride?: number };
declare const oneOf: Conv2d<3, 8, 3> | Conv2d<3, 16, 3>;
const dynamicWidth = new Sequential(
  [3, 32, 32],
  new Conv2d(3, width, 3),
  new Conv2d(7, 8, 3),
  new Conv2d(8, either, 3),
);
expectType<typeof dynamicWidth, Sequential<[3, 32, 32], [number, 26, 26]>>();
const dynamicKernel = new Sequential([3, 32, 32], new Conv2d(3, 4, either), new MaxPool2d(width));
expectType<typeof dynamicKernel, Sequential<[3, 32, 32], [4, number, number]>>();
const dynamicOptions = new Sequential(
  [3, 32, 32],
  new Conv2d(3, 4, 3, maybeStrided),
  new Conv2d(4, 5, 1, anything),
);
expectType<typeof dynamicOptions, Sequential<[3, 32, 32], [5, number, number]>>();
/** A layer of someone who knows nothing of shape types. */
declare class Mystery extends Module {
  forward(x: Tensor): Tensor;
}
const unknownLayer = new Sequential([3, 32, 32], new Mystery(), new Conv2d(7, 8, 3), new Linear(99, 10));
expectType<typeof unknownLayer, Sequential<[3, 32, 32], [8, number, 10]>>();
const anyLayer = new Sequential([3, 32, 32], anything, new Flatten(), new Linear(400, 10));
expectType<typeof anyLayer, Sequential<[3, 32, 32], [10]>>();
const list = new Sequential(...layers);
expectType<typeof list, Sequential<Shape, Shape>>();
const sizedList = new Sequential([3, 32, 32], ...layers);
expectType<typeof sizedList, Sequential<Shape, Shape>>();
const empty = new Sequential();
expectType<typeof empty, Sequential<Shape, Shape>>();
declare const inputShape: number[];
const dynamicInput = new Sequential(inputShape, new Conv2d(3, 8, 3), new AdaptiveAvgPool2d(1), new Flatten());
expectType<typeof dynamicInput, Sequential<Shape, [8]>>();
const unionLayer = new Sequential([3, 32, 32], oneOf, new Conv2d(8, 4, 3), new AdaptiveAvgPool2d(either));
expectType<typeof unionLayer, Sequential<[3, 32, 32], [4, number, number]>>();
const anySettings = new Sequential(
  [3, 32, 32],
  new Conv2d(anything, anything, 3),
  new Conv2d(8, 4, anything),
  new Conv2d(4, 4, 3, { stride: anything, padding: anything, dilation: anything, groups: anything }),
  new MaxPool2d(anything, { stride: anything, ceilMode: anything }),
  new LayerNorm(anything),
  new Flatten(anything),
  new Linear(anything, 10),
);

expectType<typeof anySettings, Sequential<[3, 32, 32], [...number[], 10]>>();
const samePadding: "same" | "valid" | number = anything;
const unionOptions = new Sequential(
  [3, 32, 32],
  new Conv2d(3, 4, 3, { stride: 2, padding: anything as "same" | "valid" }),
  new Conv2d(4, 4, [3, either], { padding: samePadding }),
  new Conv2d(4, 8, 1, width > 1 ? { stride: 2 } : { padding: 1 }),
);
expectType<typeof unionOptions, Sequential<[3, 32, 32], [8, number, number]>>();
expectType<OutputShape<Mystery, [1, 2]>, Shape>();
expectType<UnknownShape["Out"], Shape>();

// Classes name their layers without settings, and lists hold layers of one kind.
export class Block {
  readonly conv: Conv2d = new Conv2d(3, 64, 3, { padding: 1 });
  readonly pool: MaxPool2d = new MaxPool2d(3, { stride: 2 });
  readonly norm: BatchNorm2d = new BatchNorm2d(64);
  readonly groups: GroupNorm = new GroupNorm(4, 64);
  readonly layerNorm: LayerNorm = new LayerNorm([64, 7, 7]);
  readonly linear: Linear = new Linear(64, 10);
  readonly flatten: Flatten = new Flatten();
  readonly average: AdaptiveAvgPool2d = new AdaptiveAvgPool2d([1, 1]);
  readonly residual: Residual = new Residual(new Conv2d(64, 64, 1));
  readonly features: Sequential = lenet;
  readonly all: Module[] = [this.conv, this.residual, lenet];
}
expectType<Conv2d<3, 8, 3>["~shape"], Conv2dShape<3, 8, 3, Record<never, never>>>();
const useOfField = new Sequential([3, 32, 32], new Block().conv);
expectType<typeof useOfField, Sequential<[3, 32, 32], [number, number, number]>>();
