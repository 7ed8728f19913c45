import { type Compiled, compile } from "../compiler/compile.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { softmax } from "../ops/softmax.ts";

export interface RankedClass {
  /** Its number among the classes. */
  readonly index: number;
  readonly probability: number;
}

/** A network in use: images to the probabilities of the classes. */
export class Classifier {
  readonly #program: Compiled<[images: Tensor], Tensor>;

  constructor(model: Module) {
    model.eval();
    this.#program = compile((images: Tensor) => softmax(model.forward(images), 1));
  }

  /** For each of the images (N, C, H, W), already normalized, the classes from the most to the least probable. */
  async rank(images: Float32Array, shape: readonly number[]): Promise<RankedClass[][]> {
    const result = await this.#program(tensor(images, { shape }));
    const probabilities = await result.data();
    const classes = result.shape[1]!;
    return Array.from({ length: shape[0]! }, (_, n) =>
      Array.from(probabilities.subarray(n * classes, (n + 1) * classes), (probability, index) => ({
        index,
        probability,
      })).sort((a, b) => b.probability - a.probability),
    );
  }
}
