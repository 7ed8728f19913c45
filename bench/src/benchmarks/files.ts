import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type HostTensor, serializeSafetensors } from "../../../dist/io/index.js";

/** The files of a benchmark's folder; a side reads those that its task needs. */
export const files = {
  /** LeNet-5: inputs and parameters. */
  tensors: "tensors.safetensors",
  /** Whole networks: the images, and in training their labels. */
  inputs: "inputs.safetensors",
  /** Whole networks: the parameters and running statistics. */
  weights: "weights.safetensors",
  /** Whole networks: an `ExportedNetwork` as JSON. */
  graph: "graph.json",
  /** Whole networks: the graph in ONNX. */
  onnx: "network.onnx",
  /** Its weights. */
  onnxData: "network.onnx.data",
} as const;

export function writeTensors(
  folder: string,
  file: keyof typeof files,
  tensors: ReadonlyMap<string, HostTensor>,
): void {
  writeFileSync(join(folder, files[file]), serializeSafetensors(tensors));
}
