import { compile } from "../../compiler/compile.ts";
import { ArgumentError, ShapeError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Module } from "../../nn/module.ts";
import { mul } from "../../ops/arithmetic.ts";
import { sum } from "../../ops/reduce.ts";
import { classScores } from "../class-scores.ts";
import { type LayerTrace, traceLayers } from "../trace-layers.ts";

/** A decision of a network to explain: one image, and one of the classes. */
export interface Subject {
  readonly model: Module;
  /** [1, C, H, W] */
  readonly image: Tensor;
  /** The image's elements. */
  readonly pixels: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly class: number;
  readonly classes: number;
  /** The class's score before softmax. */
  readonly score: number;
  /** Softmax of the scores, for the class. */
  readonly probability: number;
  /** [1, classes]: 1 for the class, 0 for the others. */
  readonly target: Tensor;
}

/**
 * Runs a network on an image and settles which class is to be explained.
 *
 * @param image [C, H, W] or [1, C, H, W].
 * @param wanted the class; default the one with the highest score.
 * @throws ArgumentError if there is no such class, or the network is no classifier; ShapeError for another shape.
 */
export async function subjectOf(model: Module, image: Tensor, wanted?: number): Promise<Subject> {
  const shape = image.rank === 3 ? [1, ...image.shape] : image.shape;
  if (shape.length !== 4 || shape[0] !== 1) {
    throw new ShapeError("attribute", "one image at a time is explained, [C, H, W] or [1, C, H, W]", {
      image: image.shape,
    });
  }
  const [, channels, height, width] = shape as [number, number, number, number];
  const pixels = Float32Array.from(await image.data());
  const input = tensor(pixels, { shape });
  const scores = Float32Array.from(await (await scoresOf(model)(input)).data());
  const index = wanted ?? scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
  const classes = scores.length;
  if (!Number.isInteger(index) || index < 0 || index >= classes) {
    throw new ArgumentError(
      `there is no class ${index}: the network has ${classes}, from 0 to ${classes - 1}`,
    );
  }
  const target = new Float32Array(classes);
  target[index] = 1;
  return {
    ...{ model, image: input, pixels, channels, height, width, class: index, classes },
    score: scores[index]!,
    probability: softmaxAt(scores, 0, classes, index),
    target: tensor(target, { shape: [1, classes] }),
  };
}

/** exp(sᵢ) / Σ exp(s) for scores `start` to `start + count`. */
export function softmaxAt(scores: ArrayLike<number>, start: number, count: number, index: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) largest = Math.max(largest, scores[start + i]!);
  let total = 0;
  for (let i = 0; i < count; i++) total += Math.exp(scores[start + i]! - largest);
  return Math.exp(scores[start + index]! - largest) / total;
}

/** The network as a compiled function of images [N, C, H, W] to scores [N, classes]. */
export function scoresOf(model: Module): (images: Tensor) => Promise<Tensor> {
  return compile((images: Tensor) => classScores(model.forward(images)));
}

/** Runs the network on lazy images; the score of `target` summed over them, and what the layers computed. */
export function scoreOf(model: Module, images: Tensor, target: Tensor): { score: Tensor; trace: LayerTrace } {
  const trace = traceLayers(model, images);
  return { score: sum(mul(classScores(trace.output), target)), trace };
}
