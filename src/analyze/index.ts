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
export { countMacs } from "./count-macs.ts";
export {
  type FeatureMaps,
  type FeatureMapsOptions,
  featureMaps,
  type MapStatistics,
} from "./feature-maps.ts";
export type { IndexMap } from "./field/index-map.ts";
export type { Runs } from "./field/runs.ts";
export { filters, type LayerFilters } from "./filters.ts";
export {
  type Maximization,
  type MaximizationOptions,
  maximizeActivation,
} from "./maximization/maximize-activation.ts";
export { type AtlasLayout, drawAtlas, type Tile } from "./pictures/atlas.ts";
export { attributionPanel } from "./pictures/attribution-panel.ts";
export { type FeatureMapAtlasOptions, featureMapAtlas } from "./pictures/feature-map-atlas.ts";
export { type FilterAtlasOptions, filterAtlas } from "./pictures/filter-atlas.ts";
export { overlayPixels, photographPixels } from "./pictures/overlay.ts";
export { rankCorrelation } from "./rank-correlation.ts";
export { type AxisField, fieldOf, type LayerField, receptiveField } from "./receptive-field.ts";
export { structuralSimilarity } from "./structural-similarity.ts";
export { type LayerSummary, type ModelSummary, summarize } from "./summarize.ts";
export { type LayerCall, type LayerTrace, requireCall, traceLayers } from "./trace-layers.ts";
export type { WorkOptions } from "./work.ts";
