import "../default-backend.ts";

export { type LayerCall, type LayerTrace, requireCall, traceLayers } from "./trace-layers.ts";
