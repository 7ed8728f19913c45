import type { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";

/** The weights of one convolution. */
export interface LayerFilters {
  /** The parameter's path, such as `layer1.0.conv1.weight`. */
  readonly name: string;
  /** [O, I, kH, kW]; for a transposed convolution [I, O, kH, kW]. */
  readonly shape: readonly [outputs: number, inputs: number, height: number, width: number];
  readonly values: Float32Array;
  /** The Euclidean norm of each filter, the first axis's slices. */
  readonly norms: Float32Array;
}

/** The filters of every two-dimensional convolution: all parameters of four axes, in the network's order. */
export async function filters(model: Module): Promise<LayerFilters[]> {
  const names = new Map([...model.namedParameters()].map(([name, parameter]) => [parameter, name]));
  // Nodes of ONNX files stand in the order of the graph, their weights in that of the file.
  const [root, ...inner] = [...model.namedModules().values()].map((module) => [...module.members()]);
  const ordered = new Set([...inner.flat(), ...root!].map(([, member]) => member));
  const found: LayerFilters[] = [];
  for (const parameter of ordered) {
    const name = parameter instanceof Parameter ? names.get(parameter) : undefined;
    if (!(parameter instanceof Parameter) || name === undefined || parameter.shape.length !== 4) continue;
    const shape = parameter.shape as unknown as LayerFilters["shape"];
    const values = Float32Array.from(await parameter.value.data());
    const size = values.length / shape[0];
    const norms = Float32Array.from({ length: shape[0] }, (_, o) =>
      Math.sqrt(values.subarray(o * size, (o + 1) * size).reduce((total, w) => total + w * w, 0)),
    );
    found.push({ name, shape, values, norms });
  }
  return found;
}
