import { isFloating } from "../../core/dtype.ts";
import { ArgumentError } from "../../core/errors.ts";
import { sizeOf } from "../../core/shape.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { Random } from "../../data/random.ts";
import type { Module } from "../../nn/module.ts";
import type { StateDict } from "../../nn/state-dict.ts";

/** A direction in the space of parameters (and of running statistics, where it names them): a tensor for each name. */
export type Direction = ReadonlyMap<string, Tensor>;

export interface RandomDirectionOptions {
  /** 0 unless told. */
  readonly seed?: number;
  /** Which of the seed's directions; 0 unless told. */
  readonly index?: number;
  /**
   * What is scaled to the norm of the network's own: each filter (the paper's, unless told), each parameter as a whole,
   * or nothing.
   */
  readonly normalize?: "filter" | "layer" | "none";
  /** Whether biases and the parameters of normalizations stay what they are; true unless told. */
  readonly ignoreVectors?: boolean;
}

/**
 * A random direction δ ~ N(0, 1) whose filters have the norms of the network's: δᵢ ← δᵢ · ‖θᵢ‖ / ‖δᵢ‖ for each filter i.
 *
 * A filter is all that one output channel (the first axis) is made from; parameters with one axis, biases and batch
 * norm's, are zero unless told otherwise, and are then one filter. So the picture does not depend on the scale of
 * weights, which batch normalization and ReLU make meaningless.
 *
 * Li, Xu, Taylor, Studer, Goldstein: Visualizing the Loss Landscape of Neural Nets (2018), section 4.
 */
export async function randomDirection(
  model: Module,
  { seed = 0, index = 0, normalize = "filter", ignoreVectors = true }: RandomDirectionOptions = {},
): Promise<Direction> {
  const direction = new Map<string, Tensor>();
  const random = new Random(seed);
  let stream = index * 2 ** 32;
  for (const [name, parameter] of model.namedParameters()) {
    const { shape } = parameter;
    random.restart(seed, "user", stream++);
    if (ignoreVectors && shape.length <= 1) continue;
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) values[i] = random.normal();
    const filters = normalize === "filter" && shape.length > 1 ? shape[0]! : 1;
    if (normalize !== "none") matchNorms(values, await parameter.data(), filters);
    direction.set(name, tensor(values, { shape }));
  }
  return direction;
}

/** Scales each of `count` equal parts of `values` to the norm of that part of `goal`. */
function matchNorms(values: Float32Array, goal: ArrayLike<number>, count: number): void {
  const size = values.length / count;
  for (let start = 0; start < values.length; start += size) {
    let [own, wanted] = [0, 0];
    for (let i = start; i < start + size; i++) {
      own += values[i]! ** 2;
      wanted += goal[i]! ** 2;
    }
    const factor = Math.sqrt(wanted / own);
    for (let i = start; i < start + size; i++) values[i]! *= factor;
  }
}

/**
 * From the network's present parameters and running statistics to other ones: θ + 1 · δ is where it ends.
 *
 * Goodfellow, Vinyals, Saxe: Qualitatively Characterizing Neural Network Optimization Problems (2015).
 *
 * @throws ArgumentError if the other state has other names or shapes.
 */
export async function directionTo(model: Module, end: StateDict): Promise<Direction> {
  const direction = new Map<string, Tensor>();
  for (const [name, variable] of variablesOf(model)) {
    if (!isFloating(variable.dtype)) continue;
    const goal = end.get(name);
    if (goal?.shape.join() !== variable.shape.join()) {
      const found = goal ? `is [${goal.shape.join(", ")}]` : "is missing";
      throw new ArgumentError(
        `directionTo: ${name} is [${variable.shape.join(", ")}] in the network, but ${found} in the other state`,
      );
    }
    const start = await variable.data();
    const difference = Float32Array.from(start, (value, i) => Number(goal.data[i]) - value);
    direction.set(name, tensor(difference, { shape: variable.shape }));
  }
  return direction;
}

/** All parameters and buffers by path. */
export function variablesOf(model: Module): Map<string, Variable> {
  return new Map<string, Variable>([...model.namedParameters(), ...model.namedBuffers()]);
}

/** cos of the angle between two directions; random ones are nearly orthogonal where parameters are many. */
export async function cosine(a: Direction, b: Direction): Promise<number> {
  let [aa, ab, bb] = [0, 0, 0];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = await Promise.all([a.get(name)?.data(), b.get(name)?.data()]);
    const length = (x ?? y)!.length;
    for (let i = 0; i < length; i++) {
      const [u, v] = [x?.[i] ?? 0, y?.[i] ?? 0];
      aa += u * u;
      ab += u * v;
      bb += v * v;
    }
  }
  return ab / Math.sqrt(aa * bb);
}
