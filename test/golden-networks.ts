import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sizeOf } from "../src/core/shape.ts";
import type { Variable } from "../src/core/variable.ts";
import type { Module } from "../src/nn/module.ts";
import { goldenUniform } from "./golden-cases.ts";

/** A whole network with what an independent implementation computed with the weights of {@link fillNetwork}. */
export interface GoldenNetwork {
  readonly input: readonly number[];
  readonly numParams: number;
  readonly outputLength: number;
  readonly first: readonly number[];
  readonly norm: number;
  readonly mean: number;
  readonly argmax: number;
}

/** A row of the table of known networks; `params` may count auxiliary heads, the other two say which. */
export interface ZooRow {
  readonly model: string;
  readonly params?: number;
  readonly params_with_aux?: number;
  readonly params_without_aux?: number;
  readonly macs?: number | null;
  readonly input?: number | readonly number[] | null;
  readonly weights?: readonly ZooWeights[];
}

/** Published weights, with what they were measured to reach in percent and how the images were brought to size. */
export interface ZooWeights {
  readonly default: boolean;
  readonly top1: number | null;
  readonly top5: number | null;
  readonly miou: number | null;
  readonly crop: number | null;
  /** Of the shorter side; null for the usual 256. */
  readonly resize: number | null;
}

/** A network of torchvision with the shapes of its tensors, auxiliary heads included. */
export interface ZooLayers {
  readonly model: string;
  readonly state_dict: readonly (readonly [name: string, shape: readonly number[]])[];
}

const folder: string = join(
  process.env["FOVEA_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url)),
  "reference",
);

/** Accuracies that nobody measured are written as NaN, which JSON does not have. */
function readReference<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join(folder, ...path), "utf8").replaceAll(/: NaN\b/g, ": null")) as T;
}

/** The rows by name, or `undefined` where there are none. */
export function readZooRows(): ReadonlyMap<string, ZooRow> | undefined {
  if (!existsSync(join(folder, "zoo.json"))) return undefined;
  const { rows } = readReference<{ rows: readonly ZooRow[] }>("zoo.json");
  return new Map(rows.map((row) => [row.model, row]));
}

export function readZooLayers(): readonly ZooLayers[] {
  if (!existsSync(join(folder, "zoo_layers"))) return [];
  return readdirSync(join(folder, "zoo_layers")).map((file) => readReference<ZooLayers>("zoo_layers", file));
}

/** Parameters and buffers by path. */
export function variablesOf(model: Module): Map<string, Variable> {
  return new Map([...model.namedParameters(), ...model.namedBuffers()]);
}

/** Gives every parameter and running statistic the values that follow from its name. */
export function fillNetwork(model: Module): void {
  for (const [name, variable] of variablesOf(model)) {
    const [low, range] = intervalOf(name, variable.shape);
    const uniform = goldenUniform(name, sizeOf(variable.shape));
    const values = new Float32Array(uniform.length);
    for (let i = 0; i < values.length; i++) values[i] = low + range * uniform[i]!;
    variable.assign(values);
  }
}

/** Where the values of a tensor lie: the lower end, and how far the other is. */
function intervalOf(name: string, shape: readonly number[]): readonly [low: number, range: number] {
  switch (name.split(".").at(-1)) {
    case "running_mean":
      return [-0.05, 0.1];
    case "running_var":
      return [0.5, 1];
    case "layer_scale":
      return [0.1, 0.1];
    case "weight":
      if (shape.length <= 1) return [0.5, 1];
  }
  if (shape.length <= 1) return [-0.05, 0.1];
  const bound = Math.sqrt(6 / sizeOf(shape.slice(1)));
  return [-bound, 2 * bound];
}
