import "../default-backend.ts";

export {
  type ConnectionComparison,
  type Cost,
  compareFullyConnected,
  type FullyConnectedComparison,
} from "./compare-fully-connected.ts";
export { countMacs } from "./count-macs.ts";
export type { IndexMap } from "./field/index-map.ts";
export type { Runs } from "./field/runs.ts";
export { type AxisField, fieldOf, type LayerField, receptiveField } from "./receptive-field.ts";
export { type LayerSummary, type ModelSummary, summarize } from "./summarize.ts";
export { type LayerCall, type LayerTrace, requireCall, traceLayers } from "./trace-layers.ts";
