export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
} from "./adaptive-pool.ts";
export * from "./arithmetic.ts";
export { type AvgPoolOptions, avgPool1d, avgPool2d, avgPool3d } from "./avg-pool.ts";
export { batchNorm, batchNormInference, batchStatistics, type RunningStatistics } from "./batch-norm.ts";
export { type BinaryLossOptions, binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./binary-losses.ts";
export * from "./compare.ts";
export { constant } from "./constant.ts";
export { type ConvOptions, conv1d, conv2d, conv3d, convolve } from "./conv.ts";
export { type ConvAlgorithm, convAlgorithms } from "./conv-algorithm.ts";
export type { ConvPadding } from "./conv-geometry.ts";
export {
  type ConvTransposeOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from "./conv-transpose.ts";
export { type ClassLossOptions, type CrossEntropyOptions, crossEntropy, nllLoss } from "./cross-entropy.ts";
export * from "./expand.ts";
export { elu, type SoftplusOptions, selu, softplus } from "./exponential-units.ts";
export { type GeluApproximation, gelu, mish, silu } from "./gated-units.ts";
export { gather, scatterAdd, take } from "./gather.ts";
export { defaultGenerator, Generator } from "./generator.ts";
export { globalAvgPool, globalMaxPool } from "./global-pool.ts";
export { groupNorm, instanceNorm } from "./group-norm.ts";
export { hardsigmoid, hardswish } from "./hard-activations.ts";
export { type InterpolateMode, type InterpolateOptions, interpolate } from "./interpolate.ts";
export { layerNorm } from "./layer-norm.ts";
export { asTensor, cast, full, ones, type TensorLike, zeros } from "./like.ts";
export { linear } from "./linear.ts";
export { type LocalResponseNormOptions, localResponseNorm } from "./local-response-norm.ts";
export { logSumExp } from "./log-sum-exp.ts";
export * from "./math.ts";
export { matmul } from "./matmul.ts";
export {
  type MaxPoolOptions,
  type MaxPoolWithIndices,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
} from "./max-pool.ts";
export { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from "./max-unpool.ts";
export * from "./movement.ts";
export { norm } from "./norm.ts";
export type { AffineOptions } from "./normalize.ts";
export { oneHot } from "./one-hot.ts";
export { type PadMode, type PadOptions, pad } from "./pad.ts";
export {
  bernoulli,
  dropout,
  dropout2d,
  type NormalOptions,
  normal,
  type RandomOptions,
  stochasticDepth,
  type UniformOptions,
  uniform,
} from "./random.ts";
export { leakyRelu, prelu, relu, relu6 } from "./rectifiers.ts";
export {
  type Axes,
  argmax,
  argmin,
  max,
  mean,
  min,
  type ReduceOptions,
  std,
  sum,
  sumTo,
  type VarianceOptions,
  variance,
} from "./reduce.ts";
export type { Reduction, ReductionOptions } from "./reduce-loss.ts";
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from "./regression-losses.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export type { Padding, PerAxis, Sides } from "./spatial.ts";
export { type TopK, type TopKOptions, topk } from "./topk.ts";
