import type { HostTensor } from "../../../dist/io/index.js";
import type { ExportedNetwork } from "../export/exported-network.ts";
import { type OnnxFiles, OnnxGraph } from "./onnx-graph.ts";
import { translateNode } from "./translate-node.ts";

/** The network in ONNX, with its large weights in a file beside it, which takes runtimes less memory. */
export function writeOnnx(
  network: ExportedNetwork,
  weights: ReadonlyMap<string, HostTensor>,
  dataFile: string,
): OnnxFiles {
  const graph = new OnnxGraph(dataFile);
  const shapes = new Map<string, readonly number[]>(Object.entries(network.weights));
  const transposedNames = new Map<string, string>();
  const around = {
    graph,
    shapeOf: (name: string) => shapes.get(name)!,
    transposed: (name: string) => {
      transposedNames.set(name, `${name}_transposed`);
      return `${name}_transposed`;
    },
  };
  for (const node of network.nodes) {
    shapes.set(node.output, node.shape);
    translateNode(node, around);
  }
  for (const [name, dims] of Object.entries(network.weights)) {
    const data = weights.get(name)?.data;
    if (!(data instanceof Float32Array)) throw new Error(`there is no float32 weight ${name}`);
    const transposedName = transposedNames.get(name);
    if (transposedName) graph.initializer(transposedName, transpose(data, dims as [number, number]));
    else graph.initializer(name, { dims, data });
  }
  graph.input(network.input.name, network.input.shape);
  graph.output(network.output.name, network.output.shape);
  return graph.finish("network");
}

function transpose(data: Float32Array, [rows, columns]: readonly [number, number]) {
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  }
  return { dims: [columns, rows], data: turned };
}
