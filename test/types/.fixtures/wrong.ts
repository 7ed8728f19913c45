import type { ComposedShape } from "../../../src/nn/layer-types.ts";
import { expectType } from "../expect-type.ts";
import {
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Flatten,
  GroupNorm,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Residual,
  Sequential,
  type Tensor,
  Unflatten,
} from "../layers.ts";

// Each `✗` names the error of the next line, at its first character; after a `^`, that of the line before, at the `^`.

new Sequential(
  [3, 224, 224],
  new Conv2d(3, 64, 3, { padding: 1 }),
  new ReLU(),
  // ✗ conv2d expects 128 input channels, but gets 64×224×224
  new Conv2d(128, 64, 3),
  new Flatten(),
);

new Sequential(
  new Conv2d(3, 64, 3),
  new BatchNorm2d(64),
  new ReLU(),
  // ✗ conv2d expects 128 input channels, but gets 64×?×?
  new Conv2d(128, 64, 3),
);

new Sequential(
  [3, 28, 28],
  // ✗ conv2d expects 1 input channel, but gets 3×28×28
  new Conv2d(1, 6, 5),
);

new Sequential(
  [1, 28, 28],
  new Conv2d(1, 6, 5),
  new MaxPool2d(2),
  new Flatten(),
  // ✗ linear expects 400 input features, but gets 864
  new Linear(400, 10),
);

new Sequential(
  new Linear(784, 128),
  // ✗ linear expects 64 input features, but gets …×128
  new Linear(64, 10),
);

new Sequential(
  [784],
  // ✗ conv2d expects channels×height×width, but gets 784
  new Conv2d(1, 6, 5),
);

new Sequential(
  [3, 32, 32],
  // ✗ conv1d expects channels×length, but gets 3×32×32
  new Conv1d(3, 6, 5),
);

new Sequential(
  [1, 6, 6],
  new Conv2d(1, 8, 3),
  // ✗ conv2d has no output: its kernel is larger than the padded input 8×4×4
  new Conv2d(8, 8, 5),
);

new Sequential(
  [1, 6, 6],
  // ✗ conv2d has no output: its kernel is larger than the padded input 1×6×6
  new Conv2d(1, 8, 3, { dilation: 3 }),
);

new Sequential(
  [1, 6, 2],
  // ✗ maxPool2d has no output: its kernel is larger than the padded input 1×6×2
  new MaxPool2d(3),
);

new Sequential(
  [1, 6, 2],
  new Flatten(),
  // ✗ avgPool2d expects channels×height×width, but gets 12
  new AvgPool2d(3),
);

new Sequential(
  [8, 1, 1],
  // ✗ convTranspose2d has no output: its padding takes all of 8×1×1
  new ConvTranspose2d(8, 3, 2, { padding: 1 }),
);

new Sequential(
  [3, 32, 32],
  new Conv2d(3, 64, 3),
  // ✗ batchNorm2d expects 32 channels, but gets 64×30×30
  new BatchNorm2d(32),
);

new Sequential(
  [64, 7, 7],
  // ✗ batchNorm1d expects channels or channels×length, but gets 64×7×7
  new BatchNorm1d(64),
);

new Sequential(
  [64, 7, 7],
  // ✗ groupNorm expects 32 channels, but gets 64×7×7
  new GroupNorm(4, 32),
);

new Sequential(
  [197, 768],
  // ✗ layerNorm expects 512 as last extents, but gets 197×768
  new LayerNorm(512),
);

new Sequential(
  [100],
  // ✗ unflatten cannot shape 100 into 8×4×4
  new Unflatten([8, 4, 4]),
);

new Sequential(
  [3, 32, 32],
  new Conv2d(3, 16, 3),
  // ✗ sequential expects 8×?×?, but gets 16×30×30
  new Sequential(new Conv2d(8, 16, 3), new ReLU()),
);

new Sequential(
  [3, 32, 32],
  // ✗ sequential expects 3×28×28, but gets 3×32×32
  new Sequential([3, 28, 28], new Conv2d(3, 16, 3)),
);

// The body is wrong for every input, so the error stands there.
new Residual(new Conv2d(64, 32, 3, { padding: 1 }));
//           ^ ✗ residual cannot add its body's 32×?×? to its shortcut's 64×?×?

// The body is wrong for this input.
new Sequential(
  [64, 56, 56],
  // ✗ residual cannot add its body's 64×54×54 to its shortcut's 64×56×56
  new Residual(new Conv2d(64, 64, 3)),
);

new Conv2d(64, 64, 3, { groups: 3 });
//                      ^ ✗ 64 input channels do not divide into 3 groups
new Conv2d(64, 48, 3, { groups: 32 });
//                      ^ ✗ 48 output channels do not divide into 32 groups
new Conv2d(64, 64, 3, { groups: 0 });
//                      ^ ✗ groups must be at least 1
new Conv2d(64, 64, 3, { stride: 0 });
//                      ^ ✗ stride must be at least 1
new Conv2d(64, 64, 3, { padding: 1, dilation: [1, 0] });
//                                  ^ ✗ dilation must be at least 1
new Conv2d(64, 64, 3, { stride: 2, padding: "same" });
//                                 ^ ✗ padding "same" needs stride 1
new MaxPool2d(2, { stride: 0 });
//                 ^ ✗ stride must be at least 1
new Conv2d(64, 64, 3, { stride: 2, paddin: 1 });
//                                 ^ ✗ there is no option of this name
new MaxPool2d(2, { stride: 2, groups: 1 });
//                            ^ ✗ there is no option of this name
new GroupNorm(3, 64);
//               ^ ✗ 64 channels do not divide into 3 groups

/** A block whose own layers do not fit. */
declare class Broken extends Module {
  readonly "~shape": ComposedShape<[Conv2d<3, 8, 3>, ReLU, Conv2d<4, 8, 3>]>;
  forward(x: Tensor): Tensor;
}
new Sequential(
  [3, 32, 32],
  // ✗ conv2d expects 4 input channels, but gets 8×30×30
  new Broken(),
);

new Sequential(
  [3, 32, 32],
  new ReLU(),
  // ✗ an input shape stands in front of the layers
  [3, 32, 32],
);

// The checker's own message, so that `expectType` is seen to fail.
export const fails: unknown = expectType<1, 2>();
//                            ^ Expected 2 arguments, but got 0.
