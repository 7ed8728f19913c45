export { AntialiasedPool2d, type AntialiasedPoolOptions } from "./antialiased-pool2d.ts";
export { type Component, type Decomposition, decompose, intertwiners } from "./decompose.ts";
export { FieldMaxPool, NormPool } from "./field-pool.ts";
export { FieldReLU } from "./field-relu.ts";
export { FieldType, type Run } from "./field-type.ts";
export { GatedNonlinearity } from "./gated-nonlinearity.ts";
export { InnerBatchNorm } from "./inner-batch-norm.ts";
export { harmonics, type Irrep, irrep, irreps } from "./irreps.ts";
export {
  type BasisKernel,
  kernelAt,
  type SampledBasis,
  sampleBasis,
  steerableBasis,
} from "./kernel-basis.ts";
export { MaskDisc, type MaskDiscOptions } from "./mask-disc.ts";
export { NormBatchNorm } from "./norm-batch-norm.ts";
export { NormReLU } from "./norm-relu.ts";
export {
  character,
  directSum,
  quotient,
  type Representation,
  regular,
  representation,
  restrict,
  tensorProduct,
  trivial,
} from "./representation.ts";
export { innerRings, type Ring, type RingsOf, usualRings } from "./rings.ts";
export { SteerableConv2d, type SteerableConvOptions } from "./steerable-conv2d.ts";
export {
  type Steered,
  type SteeringError,
  type SteeringErrorOptions,
  steeringError,
} from "./steering-error.ts";
export type { Interpolation } from "./turn-maps.ts";
