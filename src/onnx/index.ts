import "../default-backend.ts";

export { networkGraph } from "./export/build-network.ts";
export { exportOnnx, exportOnnxFiles, type OnnxFiles, type OnnxOptions } from "./export/export-onnx.ts";
export type { NetworkGraph, NetworkNode, NetworkValue } from "./export/network-graph.ts";
export type { Exportable, InputSpec, NetworkOptions } from "./export/trace-network.ts";
export type { OnnxType } from "./format/data-types.ts";
export type { OnnxTensor, ReadExternalData } from "./format/read-tensor.ts";
export { type ImportOnnxOptions, importOnnx } from "./import/import-onnx.ts";
export { OnnxError, type OnnxPlace } from "./import/onnx-error.ts";
export { OnnxModel } from "./import/onnx-model.ts";
export { supportedOperators } from "./import/operators.ts";
export type { OnnxDimension, OnnxValueInfo } from "./import/parse-graph.ts";
export { type OnnxFile, type ParseOnnxOptions, parseOnnx } from "./import/parse-onnx.ts";
