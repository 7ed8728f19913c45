import "../default-backend.ts";

export { HessianProduct, type SymmetricProduct } from "./curvature/hessian-product.ts";
export {
  type Eigenvalue,
  type HessianSpectrum,
  hessianSpectrum,
  type SpectrumOptions,
  type SpectrumProgress,
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
export { type LayerCall, type LayerTrace, requireCall, traceLayers } from "./trace-layers.ts";
