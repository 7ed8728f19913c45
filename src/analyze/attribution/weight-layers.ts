import { type Tensor, tensor } from "../../core/tensor.ts";
import { tensorsBehind } from "../../core/tensors-behind.ts";
import type { Variable } from "../../core/variable.ts";
import { Random } from "../../data/random.ts";
import type { Module } from "../../nn/module.ts";

/** A weight with the vectors (biases, factors) that stand behind it, as they are randomized together. */
export interface WeightLayer {
  /** The weight's path. */
  readonly name: string;
  readonly parameters: readonly Variable[];
}

/** The layers with weights, that which is nearest to the output first. */
export function weightLayers(model: Module, image: Tensor): WeightLayer[] {
  const named = [...model.namedParameters()];
  const contents = new Map(named.map(([, parameter]) => [parameter.value, parameter]));
  const used = new Map<Variable, number>();
  for (const { id, source } of tensorsBehind(model.forward(image), new Set())) {
    if (source.kind !== "node") continue;
    for (const input of source.inputs) {
      const parameter = contents.get(input);
      if (parameter && !used.has(parameter)) used.set(parameter, id);
    }
  }
  const layers: { name: string; parameters: Variable[] }[] = [];
  const inOrder = named
    .filter(([, parameter]) => used.has(parameter))
    .sort(([, a], [, b]) => used.get(a)! - used.get(b)!);
  for (const [name, parameter] of inOrder) {
    if (parameter.shape.length > 1 || layers.length === 0) layers.push({ name, parameters: [] });
    layers.at(-1)!.parameters.push(parameter);
  }
  return layers.reverse();
}

/** Gives every element a value drawn from the normal distribution with its parameter's own mean and deviation. */
export async function randomize({ name, parameters }: WeightLayer, seed: number): Promise<void> {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)!) % 2 ** 31;
  const random = new Random(seed, "user", hash);
  for (const parameter of parameters) {
    const values = Float64Array.from(await parameter.value.data());
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    const drawn = Float32Array.from({ length: values.length }, () => random.normal(mean, std));
    parameter.assign(tensor(drawn, { shape: parameter.shape }));
  }
}
