import { compile } from "../../compiler/compile.ts";
import { ArgumentError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { type Variable, withVariableValues } from "../../core/variable.ts";
import type { Module } from "../../nn/module.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { equal } from "../../ops/compare.ts";
import { argmax, sum } from "../../ops/reduce.ts";
import {
  countSamples,
  type LabelledBatch,
  lossOf,
  type ObjectiveOptions,
  withStatistics,
} from "../objective.ts";
import { reached, type WorkOptions } from "../work.ts";
import { type Direction, type RandomDirectionOptions, randomDirection, variablesOf } from "./direction.ts";

/** Where a surface is looked at: every α with every β; a line has the single β of 0. */
export interface LandscapeGrid {
  readonly alphas: readonly number[];
  readonly betas: readonly number[];
}

/** What was found so far, in the order α₀β₀, α₁β₀, …, α₀β₁, …. */
export interface LandscapePoints {
  /** Mean over all samples. */
  readonly loss: readonly number[];
  /** The share of samples whose label has the largest output; NaN where outputs are no class scores [N, classes]. */
  readonly accuracy: readonly number[];
}

export interface LossLandscape extends LandscapeGrid, LandscapePoints {}

export interface LandscapeOptions extends ObjectiveOptions, RandomDirectionOptions, WorkOptions {
  /** 21 × 21 points of [−1, 1]² unless told. */
  readonly grid?: LandscapeGrid;
  /** The axes, for α and β; random ones unless told. */
  readonly directions?: readonly Direction[];
  /** What an earlier call found of the same surface: its points are not computed again. */
  readonly known?: LandscapePoints;
  /** Is waited for after each point, with all points so far: what an aborted call has found. */
  readonly onPoint?: (points: LandscapePoints) => void | Promise<void>;
}

/** An odd number of steps holds the network itself, in the middle. */
export function landscapeGrid(dimensions: 1 | 2, steps: number, range = 1): LandscapeGrid {
  if (!Number.isSafeInteger(steps) || steps < 2) {
    throw new ArgumentError(`landscapeGrid: steps must be an integer of at least 2, but is ${steps}`);
  }
  const axis = Array.from({ length: steps }, (_, i) => (range * (2 * i - (steps - 1))) / (steps - 1));
  return { alphas: axis, betas: dimensions === 1 ? [0] : axis };
}

/**
 * The loss L(θ + α δ + β η) around a network's parameters θ, on fixed batches: one program, whose inputs are α, β and a
 * batch.
 *
 * The network is never changed: the program computes the moved parameters, which nothing else sees. Batch normalization
 * takes the statistics of training unless told, as the paper's code does.
 *
 * Li et al.: Visualizing the Loss Landscape of Neural Nets (2018).
 *
 * @throws ArgumentError for directions that name no variable of the network, or no samples.
 */
export async function lossLandscape(
  model: Module,
  batches: readonly LabelledBatch[],
  options: LandscapeOptions = {},
): Promise<LossLandscape> {
  const { known, onPoint, signal, statistics, index = 0 } = options;
  const grid = options.grid ?? landscapeGrid(2, 21);
  const { alphas, betas } = grid;
  const samples = countSamples("lossLandscape", batches);
  const flat = betas.every((beta) => beta === 0);
  const directions =
    options.directions ??
    (await Promise.all(
      [index, ...(flat ? [] : [index + 1])].map((i) => randomDirection(model, { ...options, index: i })),
    ));
  if (directions.length < (flat ? 1 : 2)) {
    throw new ArgumentError("lossLandscape: a surface has two directions");
  }
  const judge = compilePoint(model, directions, options);
  const loss = [...(known?.loss ?? [])];
  const accuracy = [...(known?.accuracy ?? [])];
  return await withStatistics(model, statistics, async () => {
    for (let i = loss.length; i < alphas.length * betas.length; i++) {
      const at = [alphas[i % alphas.length]!, betas[Math.floor(i / alphas.length)]!].map(scalar);
      const total = { loss: 0, correct: 0 };
      for (const [images, labels] of batches) {
        signal?.throwIfAborted();
        const result = await judge(images, labels, at);
        total.loss += (await result.loss.item()) * images.shape[0]!;
        total.correct += result.correct ? await result.correct.item() : Number.NaN;
      }
      loss.push(total.loss / samples);
      accuracy.push(total.correct / samples);
      await onPoint?.({ loss, accuracy });
      await reached(loss.length / (alphas.length * betas.length), options);
    }
    return { alphas, betas, loss, accuracy };
  });
}

interface PointResult {
  readonly loss: Tensor;
  readonly correct: Tensor | undefined;
}

/** Loss and right answers of one batch for parameters moved by `at` along the directions. */
function compilePoint(
  model: Module,
  directions: readonly Direction[],
  options: ObjectiveOptions,
): (images: Tensor, labels: Tensor, at: readonly Tensor[]) => Promise<PointResult> {
  const loss = lossOf(options);
  const variables = variablesOf(model);
  const unknown = directions.flatMap((each) => [...each.keys()]).find((name) => !variables.has(name));
  if (unknown !== undefined) {
    throw new ArgumentError(`lossLandscape: a direction names "${unknown}", which the network does not have`);
  }
  return compile((images: Tensor, labels: Tensor, at: readonly Tensor[]) => {
    const moved = new Map<Variable, Tensor>();
    directions.forEach((direction, d) => {
      for (const [name, delta] of direction) {
        const variable = variables.get(name)!;
        moved.set(variable, add(moved.get(variable) ?? variable.value, mul(delta, at[d]!)));
      }
    });
    return withVariableValues(moved, () => {
      const outputs = model.forward(images);
      const classes = outputs.rank === 2 && labels.rank === 1;
      return {
        loss: loss(outputs, labels),
        correct: classes ? sum(equal(argmax(outputs, 1), labels)) : undefined,
      };
    });
  });
}

function scalar(value: number): Tensor {
  return tensor(Float32Array.of(value), { shape: [] });
}
