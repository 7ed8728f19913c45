import { ArgumentError } from "../../core/errors.ts";
import { tensor } from "../../core/tensor.ts";
import type { Module } from "../../nn/module.ts";
import type { StateDict } from "../../nn/state-dict.ts";
import { symmetricEigen } from "../symmetric-eigen.ts";
import type { Direction } from "./direction.ts";

/** A training's way in the plane that shows most of it. */
export interface Trajectory {
  /** The two principal directions, of length 1 and orthogonal to each other. */
  readonly directions: readonly [Direction, Direction];
  /** Where each state lies: θ ≈ θ_last + α δ + β η. The last is at the origin. */
  readonly points: readonly (readonly [alpha: number, beta: number])[];
  /** What part of all distances from the end, squared, each direction shows. */
  readonly explained: readonly [number, number];
}

/**
 * The plane through the end of a training that its states are nearest to, by principal components of θᵢ − θ_last: the
 * directions to give `lossLandscape`, for a model in the last state. Random directions show nothing of a training's way,
 * since they are orthogonal to nearly everything.
 *
 * Li et al.: Visualizing the Loss Landscape of Neural Nets (2018), section 7.
 *
 * @param states the training's checkpoints in their order, at least 3.
 * @throws ArgumentError if there are fewer, or one lacks a parameter of the model.
 */
export function trajectory(model: Module, states: readonly StateDict[]): Trajectory {
  if (states.length < 3)
    throw new ArgumentError(`trajectory: needs at least 3 states, but has ${states.length}`);
  const names = [...model.namedParameters()];
  const offsets = states.map((state) => names.map(([name]) => difference(name, state, states.at(-1)!)));
  const n = states.length;
  const products = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) products[i * n + j] = products[j * n + i] = dot(offsets[i]!, offsets[j]!);
  }
  const { values, vectors } = symmetricEigen(products, n);
  const total = values.reduce((sum, value) => sum + Math.max(value, 0), 0);
  const lengths = [0, 1].map((k) => Math.sqrt(Math.max(values[k]!, 0)));
  const directionOf = (k: number): Direction =>
    new Map(
      names.map(([name, { shape }], p) => {
        const sum = new Float32Array(offsets[0]![p]!.length);
        offsets.forEach((offset, i) => {
          // A direction in which nothing has moved is none.
          const share = lengths[k] === 0 ? 0 : vectors[k]![i]! / lengths[k]!;
          for (let at = 0; at < sum.length; at++) sum[at]! += share * offset[p]![at]!;
        });
        return [name, tensor(sum, { shape })] as const;
      }),
    );
  return {
    directions: [directionOf(0), directionOf(1)],
    points: states.map((_, i) => [vectors[0]![i]! * lengths[0]!, vectors[1]![i]! * lengths[1]!] as const),
    explained: [values[0]! / total, values[1]! / total],
  };
}

function difference(name: string, state: StateDict, last: StateDict): Float64Array {
  const [from, to] = [last.get(name), state.get(name)];
  if (from === undefined || to?.data.length !== from.data.length) {
    throw new ArgumentError(`trajectory: ${name} is not in every state, or not with the same shape`);
  }
  return Float64Array.from(from.data as ArrayLike<number>, (value, i) => Number(to.data[i]) - value);
}

function dot(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  let sum = 0;
  a.forEach((x, p) => {
    for (let i = 0; i < x.length; i++) sum += x[i]! * b[p]![i]!;
  });
  return sum;
}
