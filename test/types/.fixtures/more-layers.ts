import type { OutputShape } from "../../../src/core/shape-types.ts";
import { expectType } from "../expect-type.ts";
import type {
  AdaptiveAvgPool1d,
  AdaptiveMaxPool1d,
  AvgPool3d,
  BatchNorm3d,
  CircularPad2d,
  ConvTranspose1d,
  ConvTranspose3d,
  GlobalAvgPool,
  GlobalMaxPool,
  InstanceNorm1d,
  InstanceNorm2d,
  MaxPool3d,
  ReflectionPad2d,
  ReplicationPad2d,
  ZeroPad2d,
} from "../layers.ts";

expectType<OutputShape<ConvTranspose1d<8, 3, 4, { stride: 2 }>, [8, 5]>, [3, 12]>();
expectType<OutputShape<ConvTranspose3d<8, 3, 2>, [8, 5, 6, 7]>, [3, 6, 7, 8]>();
expectType<OutputShape<MaxPool3d<2>, [4, 5, 6, 7]>, [4, 2, 3, 3]>();
expectType<OutputShape<AvgPool3d<[1, 2, 2]>, [4, 5, 6, 7]>, [4, 5, 3, 3]>();
expectType<OutputShape<AdaptiveAvgPool1d<3>, [4, number]>, [4, 3]>();
expectType<OutputShape<AdaptiveMaxPool1d<3>, [4, 9]>, [4, 3]>();

expectType<OutputShape<GlobalAvgPool, [64, 9]>, [64]>();
expectType<OutputShape<GlobalAvgPool, [64, number, 7]>, [64]>();
expectType<OutputShape<GlobalMaxPool<true>, [64, 7, 7]>, [64, 1, 1]>();
expectType<OutputShape<GlobalMaxPool<boolean>, [64, 7, 7]>, readonly number[]>();
expectType<OutputShape<GlobalAvgPool, readonly number[]>, [number]>();
expectType<
  OutputShape<GlobalAvgPool, [64]>,
  "✗ globalAvgPool expects channels and spatial axes, but gets 64"
>();

expectType<OutputShape<BatchNorm3d<4>, [4, 5, 6, 7]>, [4, 5, 6, 7]>();
expectType<OutputShape<InstanceNorm1d<4>, [4, 5]>, [4, 5]>();
expectType<
  OutputShape<InstanceNorm2d<4>, [3, 5, 5]>,
  "✗ instanceNorm2d expects 4 channels, but gets 3×5×5"
>();

expectType<OutputShape<ZeroPad2d<1>, [3, 5, 6]>, [3, 7, 8]>();
expectType<OutputShape<ReflectionPad2d<[1, 2, 3, 4]>, [3, 10, number]>, [3, 17, number]>();
expectType<OutputShape<ReplicationPad2d<[0, 1, 0, 0]>, [3, 5, 6]>, [3, 5, 7]>();
// A cropping width is not computed with.
expectType<OutputShape<CircularPad2d<[0, 0, -1, 0]>, [3, 5, 6]>, [3, number, 6]>();
expectType<OutputShape<ZeroPad2d<1>, [5, 6]>, "✗ zeroPad2d expects channels×height×width, but gets 5×6">();

declare const layers: {
  zeroPad: ZeroPad2d<1>;
  transposed: ConvTranspose1d<8, 3, 4, { stride: 2 }>;
  pool: MaxPool3d<2, { ceilMode: true }>;
};
export const general: { zeroPad: ZeroPad2d; transposed: ConvTranspose1d; pool: MaxPool3d } = layers;
