import "../default-backend.ts";

export { networkGraph } from "./export/build-network.ts";
export { exportOnnx, exportOnnxFiles, type OnnxFiles, type OnnxOptions } from "./export/export-onnx.ts";
export type { NetworkGraph, NetworkNode, NetworkValue } from "./export/network-graph.ts";
export type { Exportable, InputSpec, NetworkOptions } from "./export/trace-network.ts";
