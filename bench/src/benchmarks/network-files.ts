import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sizeOf } from "../../../dist/index.js";
import type { HostTensor } from "../../../dist/io/index.js";
import { exportOnnxFiles, networkGraph } from "../../../dist/onnx/index.js";
import type { Network } from "../networks.ts";
import { mulberry32, uniform } from "../random.ts";
import { randomState } from "../random-state.ts";
import { files, writeTensors } from "./files.ts";

/** Writes a batch of images from U(−1, 1) with labels below `numClasses`, the network's random weights, and its graph. */
export async function writeNetwork(folder: string, network: Network, batchSize: number): Promise<void> {
  const model = network.create();
  const shape = [batchSize, ...network.inputShape];
  const weights = randomState(model, network.gain);
  model.loadStateDict(weights);
  const input = { shape, name: "images" };
  const names = { outputNames: ["logits"] };
  const graph = await networkGraph(model, input, names);
  const random = mulberry32(21);
  const images = uniform(random, sizeOf(shape), -1, 1);
  const numClasses = graph.outputs[0]!.shape[1]!;
  const labels = Int32Array.from({ length: batchSize }, () => Math.floor(numClasses * random()));
  writeTensors(
    folder,
    "inputs",
    new Map<string, HostTensor>([
      ["images", { dtype: "float32", shape, data: images }],
      ["labels", { dtype: "int32", shape: [batchSize], data: labels }],
    ]),
  );
  writeTensors(folder, "weights", weights);
  writeFileSync(join(folder, files.graph), JSON.stringify(graph));
  const { model: onnx, data } = await exportOnnxFiles(model, input, files.onnxData, names);
  writeFileSync(join(folder, files.onnx), Buffer.concat(onnx));
  writeFileSync(join(folder, files.onnxData), Buffer.concat(data));
}
