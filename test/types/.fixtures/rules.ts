import type { OutputShape } from "../../../src/core/shape-types.ts";
import { expectType } from "../expect-type.ts";
import type {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose2d,
  Dropout,
  Flatten,
  GlobalAvgPool,
  GroupNorm,
  LayerNorm,
  Linear,
  MaxPool1d,
  MaxPool2d,
  Residual,
  Unflatten,
  Upsample,
} from "../layers.ts";

expectType<OutputShape<Conv1d<2, 4, 3>, [2, 100]>, [4, 98]>();
expectType<OutputShape<Conv2d<3, 64, 7, { stride: 2; padding: 3 }>, [3, 224, 224]>, [64, 112, 112]>();
expectType<OutputShape<Conv2d<3, 8, 3, { dilation: 2 }>, [3, 32, 33]>, [8, 28, 29]>();
expectType<
  OutputShape<Conv2d<3, 8, [1, 7], { padding: [0, 3]; stride: [1, 2] }>, [3, 10, 20]>,
  [8, 10, 10]
>();
expectType<OutputShape<Conv2d<3, 8, 4, { padding: "same" }>, [3, 33, 17]>, [8, 33, 17]>();
expectType<OutputShape<Conv2d<3, 8, 4, { padding: "valid" }>, [3, 33, 17]>, [8, 30, 14]>();
expectType<OutputShape<Conv2d<3, 8, 32>, [3, 32, 32]>, [8, 1, 1]>();
expectType<OutputShape<Conv2d<3, 8, 16, { stride: 16 }>, [3, 1009, 4099]>, [8, 63, 256]>();
expectType<OutputShape<Conv2d<3, 8, 3>, [3, number, 32]>, [8, number, 30]>();
expectType<OutputShape<Conv3d<1, 8, 3, { padding: [1, 0, 0] }>, [1, 16, 112, 112]>, [8, 16, 110, 110]>();
expectType<OutputShape<ConvTranspose2d<8, 3, 4, { stride: 2; padding: 1 }>, [8, 7, 14]>, [3, 14, 28]>();
expectType<
  OutputShape<ConvTranspose2d<8, 3, 3, { stride: 2; padding: 1; outputPadding: 1 }>, [8, 7, 7]>,
  [3, 14, 14]
>();
expectType<OutputShape<ConvTranspose2d<8, 3, 3, { dilation: 2 }>, [8, 5, 5]>, [3, 9, 9]>();

expectType<OutputShape<MaxPool1d<2>, [4, 9]>, [4, 4]>();
expectType<OutputShape<AvgPool1d<3, { stride: 1; padding: 1 }>, [4, 9]>, [4, 9]>();
expectType<OutputShape<MaxPool2d<2>, [64, 7, 8]>, [64, 3, 4]>();
expectType<OutputShape<MaxPool2d<2, { ceilMode: true }>, [64, 7, 8]>, [64, 4, 4]>();
// The last window of 5 + 2·1 with stride 3 would start at 6, in the padding behind the input: it is dropped.
expectType<OutputShape<MaxPool2d<2, { stride: 3; padding: 1; ceilMode: true }>, [1, 5, 6]>, [1, 2, 3]>();
expectType<OutputShape<MaxPool2d<2, { ceilMode: boolean }>, [64, 7, 8]>, [64, number, number]>();
expectType<OutputShape<MaxPool2d<3, { stride: 2; padding: 1 }>, [64, 112, 112]>, [64, 56, 56]>();
expectType<OutputShape<AvgPool2d<[2, 4]>, [64, 8, 8]>, [64, 4, 2]>();
expectType<OutputShape<AdaptiveAvgPool2d<1>, [64, 7, 7]>, [64, 1, 1]>();
expectType<OutputShape<AdaptiveMaxPool2d<[2, 3]>, [64, number, 7]>, [64, 2, 3]>();
expectType<OutputShape<GlobalAvgPool, [64, 7, 7]>, [64]>();
expectType<OutputShape<Upsample<2>, [64, 7, 14]>, [64, 14, 28]>();
expectType<OutputShape<Upsample<[1, 3]>, [64, 7, 14]>, [64, 7, 42]>();
expectType<OutputShape<Upsample<1.5>, [64, 7, 14]>, [64, number, number]>();

expectType<OutputShape<Linear<768, 10>, [197, 768]>, [197, 10]>();
expectType<OutputShape<Linear<768, 10>, readonly number[]>, [...number[], 10]>();
expectType<OutputShape<Flatten, [512, 7, 7]>, [25088]>();
expectType<OutputShape<Flatten, [512, number, 7]>, [number]>();
expectType<OutputShape<Flatten<2>, [512, 7, 7]>, [512, 49]>();
expectType<OutputShape<Flatten<0>, [512, 7, 7]>, readonly number[]>();
expectType<OutputShape<Flatten<1, 2>, [512, 7, 7]>, readonly number[]>();
expectType<OutputShape<Unflatten<[8, 7, 7]>, [392]>, [8, 7, 7]>();

expectType<OutputShape<BatchNorm1d<64>, [64]>, [64]>();
expectType<OutputShape<BatchNorm1d<64>, [64, 100]>, [64, 100]>();
expectType<OutputShape<BatchNorm2d<64>, [64, 7, 7]>, [64, 7, 7]>();
expectType<OutputShape<GroupNorm<4, 64>, [64, 7, 7, 7]>, [64, 7, 7, 7]>();
expectType<OutputShape<LayerNorm<768>, [197, 768]>, [197, 768]>();
expectType<OutputShape<LayerNorm<[7, 7]>, [64, 7, 7]>, [64, 7, 7]>();
expectType<OutputShape<Dropout, [64, 7, 7]>, [64, 7, 7]>();
expectType<OutputShape<Residual<Conv2d<8, 8, 3, { padding: 1 }>>, [8, 9, 9]>, [8, 9, 9]>();
