import "../default-backend.ts";

export {
  type ConnectionComparison,
  type Cost,
  compareFullyConnected,
  type FullyConnectedComparison,
} from "./compare-fully-connected.ts";
export { countMacs } from "./count-macs.ts";
export { HessianProduct, type SymmetricProduct } from "./curvature/hessian-product.ts";
export {
  type Eigenvalue,
  type HessianSpectrum,
  hessianSpectrum,
  type SpectrumOptions,
} from "./curvature/hessian-spectrum.ts";
export { hessianTrace, type TraceEstimate, type TraceOptions } from "./curvature/hessian-trace.ts";
export {
  type DensityOptions,
  drawDensity,
  type SpectralDensity,
  smoothDensity,
  spectralDensity,
} from "./curvature/spectral-density.ts";
export {
  type EffectiveField,
  type EffectiveFieldOptions,
  effectiveReceptiveField,
  effectiveThreshold,
} from "./effective-receptive-field.ts";
export {
  type EquivarianceOptions,
  type EquivarianceReport,
  equivariance,
  type LayerEquivariance,
} from "./equivariance.ts";
export type { MeasuredError } from "./equivariance-error.ts";
export type { Verdict } from "./equivariance-verdict.ts";
export type { IndexMap } from "./field/index-map.ts";
export type { Runs } from "./field/runs.ts";
export { densityOf, fitGaussian, type GaussianFit } from "./fit-gaussian.ts";
export {
  cosine,
  type Direction,
  directionTo,
  type RandomDirectionOptions,
  randomDirection,
} from "./loss-landscape/direction.ts";
export { drawLandscape } from "./loss-landscape/draw-landscape.ts";
export {
  type LandscapeGrid,
  type LandscapeOptions,
  type LandscapePoints,
  type LossLandscape,
  landscapeGrid,
  lossLandscape,
} from "./loss-landscape/loss-landscape.ts";
export { type Trajectory, trajectory } from "./loss-landscape/trajectory.ts";
export type { BatchNormStatistics, LabelledBatch, ObjectiveOptions } from "./objective.ts";
export { type AxisField, fieldOf, type LayerField, receptiveField } from "./receptive-field.ts";
export { type GridGeometry, type Resampling, resampleMaps, resamplingOf } from "./resampling.ts";
export { type LayerSummary, type ModelSummary, summarize } from "./summarize.ts";
export { type LayerCall, type LayerTrace, requireCall, traceLayers } from "./trace-layers.ts";
export {
  reflect,
  rotate,
  rotate90,
  shift,
  squareSymmetries,
  type Transformation,
} from "./transformations.ts";
