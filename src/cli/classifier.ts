import { type Compiled, compile } from "../compiler/compile.ts";
import { ArgumentError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";

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
    this.#program = compile((images: Tensor) => model.forward(images));
  }

  /**
   * For each of the images (N, C, H, W), already normalized, the classes from the most to the least probable.
   *
   * @throws ArgumentError if the network gives more than a number for each class, (N, classes) or (N, classes, 1, 1).
   */
  async rank(images: Float32Array, shape: readonly number[]): Promise<RankedClass[][]> {
    const result = await this.#program(tensor(images, { shape }));
    const [count, classes = 0, ...rest] = result.shape;
    if (count !== shape[0] || classes < 1 || rest.some((extent) => extent !== 1)) {
      throw new ArgumentError(
        `the network is no classifier: of [${shape.join(", ")}] it makes [${result.shape.join(", ")}]`,
      );
    }
    const scores = await result.data();
    return Array.from({ length: count }, (_, n) =>
      Array.from(probabilitiesOf(scores.subarray(n * classes, (n + 1) * classes)), (probability, index) => ({
        index,
        probability,
      })).sort((a, b) => b.probability - a.probability),
    );
  }
}

/** exp(s) / Σ exp(s); scores that are probabilities already, none negative and of the sum 1, stay what they are. */
export function probabilitiesOf(scores: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(scores);
  const sum = values.reduce((a, b) => a + b, 0);
  // Half precision has 11 bits, of which many roundings may lose two.
  if (Math.abs(sum - 1) < 2 ** -9 && values.every((value) => value >= 0)) return values;
  const largest = values.reduce((a, b) => Math.max(a, b));
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}
