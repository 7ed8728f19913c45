import "../default-backend.ts";

export {
  type EquivarianceOptions,
  type EquivarianceReport,
  equivariance,
  type LayerEquivariance,
} from "./equivariance.ts";
export type { MeasuredError } from "./equivariance-error.ts";
export type { Verdict } from "./equivariance-verdict.ts";
export { type GridGeometry, type Resampling, resampleMaps, resamplingOf } from "./resampling.ts";
export { type LayerCall, type LayerTrace, requireCall, traceLayers } from "./trace-layers.ts";
export {
  reflect,
  rotate,
  rotate90,
  shift,
  squareSymmetries,
  type Transformation,
} from "./transformations.ts";
