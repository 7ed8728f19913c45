import "../default-backend.ts";

export { attribute, attributeTo } from "./attribution/attribute.ts";
export type { Attribution, AttributionMethod, AttributionOptions } from "./attribution/attribution.ts";
export {
  type Faithfulness,
  type FaithfulnessOptions,
  faithfulness,
  type ProbabilityCurve,
  randomMap,
} from "./attribution/faithfulness.ts";
export { attributionMethods } from "./attribution/methods.ts";
export {
  type SanityCheck,
  type SanityCheckOptions,
  type SanityStep,
  sanityCheck,
} from "./attribution/sanity-check.ts";
export { type Subject, subjectOf } from "./attribution/subject.ts";
export {
  type ConnectionComparison,
  type Cost,
  compareFullyConnected,
  type FullyConnectedComparison,
} from "./compare-fully-connected.ts";
export {
  type AlgorithmResult,
  algorithmOfForm,
  type ComparedAlgorithm,
  type ConvolutionAlgorithmsOptions,
  type ConvolutionComparison,
  comparedAlgorithms,
  convolutionAlgorithms,
} from "./convolution/convolution-algorithms.ts";
export type { AlgorithmCounts, ConvolutionShape } from "./convolution/counts.ts";
export {
  drawCrossover,
  type KernelSweep,
  kernelSweep,
  type SweptConvolution,
  type SweptKernel,
  sweptKernels,
  timeIn,
  timeOfChosen,
} from "./convolution/kernel-sweep.ts";
export {
  type MirroredTraining,
  type MirroredTrainingOptions,
  mirroredTraining,
} from "./convolution/mirrored-training.ts";
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
} from "./equivariance/equivariance.ts";
export type { MeasuredError } from "./equivariance/error-sum.ts";
export { type GridGeometry, type Resampling, resampleMaps, resamplingOf } from "./equivariance/resampling.ts";
export {
  reflect,
  rotate,
  rotate90,
  shift,
  squareSymmetries,
  type Transformation,
} from "./equivariance/transformations.ts";
export type { Verdict } from "./equivariance/verdict.ts";
export {
  type FeatureMaps,
  type FeatureMapsOptions,
  featureMaps,
  type MapStatistics,
} from "./feature-maps.ts";
export type { IndexMap } from "./field/index-map.ts";
export type { Runs } from "./field/runs.ts";
export { filters, type LayerFilters } from "./filters.ts";
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
export {
  type Maximization,
  type MaximizationOptions,
  maximizeActivation,
} from "./maximization/maximize-activation.ts";
export type { BatchNormStatistics, LabelledBatch, ObjectiveOptions } from "./objective.ts";
export { type AtlasLayout, drawAtlas, type Tile } from "./pictures/atlas.ts";
export { attributionPanel } from "./pictures/attribution-panel.ts";
export { type FeatureMapAtlasOptions, featureMapAtlas } from "./pictures/feature-map-atlas.ts";
export { fieldChart } from "./pictures/field-chart.ts";
export { type FieldPictureOptions, fieldPicture } from "./pictures/field-picture.ts";
export { type FilterAtlasOptions, filterAtlas } from "./pictures/filter-atlas.ts";
export { overlayPixels, photographPixels } from "./pictures/overlay.ts";
export { randomFields } from "./random-fields.ts";
export { rankCorrelation } from "./rank-correlation.ts";
export { type AxisField, fieldOf, type LayerField, receptiveField } from "./receptive-field.ts";
export { structuralSimilarity } from "./structural-similarity.ts";
export { type LayerSummary, type ModelSummary, summarize } from "./summarize.ts";
export { type LayerCall, type LayerTrace, requireCall, traceLayers } from "./trace-layers.ts";
export type { WorkOptions } from "./work.ts";
