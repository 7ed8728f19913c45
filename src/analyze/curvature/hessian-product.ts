import { gradients } from "../../autograd/gradients.ts";
import { type Compiled, compile } from "../../compiler/compile.ts";
import { ArgumentError } from "../../core/errors.ts";
import { sizeOf } from "../../core/shape.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { withVariableValues } from "../../core/variable.ts";
import type { Module } from "../../nn/module.ts";
import type { Parameter } from "../../nn/parameter.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { sum } from "../../ops/reduce.ts";
import {
  countSamples,
  type LabelledBatch,
  lossOf,
  type ObjectiveOptions,
  withStatistics,
} from "../objective.ts";
import type { WorkOptions } from "../work.ts";

/** Maps v to H v, for a symmetric matrix H that nobody writes down. */
export interface SymmetricProduct {
  /** Length of v. */
  readonly size: number;
  apply(v: Float32Array): Promise<Float32Array>;
}

/**
 * The Hessian H = ∂²L/∂θ² of a network's mean loss over fixed batches, as a product: H v = ∂(∂L/∂θ · v)/∂θ.
 *
 * The gradient of the graph is differentiated again and compiled once; H itself, of (parameters)² numbers, never exists.
 * θ are all parameters that are not frozen, one after the other in the order of `model.parameters()`.
 *
 * Pearlmutter: Fast Exact Multiplication by the Hessian (1994).
 */
export class HessianProduct implements SymmetricProduct {
  readonly size: number;
  readonly parameters: readonly Parameter[];
  readonly #model: Module;
  readonly #batches: readonly LabelledBatch[];
  readonly #samples: number;
  readonly #options: HessianOptions;
  readonly #program: Compiled<[images: Tensor, labels: Tensor, v: readonly Tensor[]], Tensor[]>;

  /** @throws ArgumentError if there are no samples or nothing is left to differentiate by. */
  constructor(model: Module, batches: readonly LabelledBatch[], options: HessianOptions = {}) {
    this.#model = model;
    this.#batches = batches;
    this.#options = options;
    this.#samples = countSamples("hessian", batches);
    const parameters = model.parameters().filter((parameter) => parameter.trainable);
    this.parameters = parameters;
    this.size = parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
    if (this.size === 0)
      throw new ArgumentError("hessian: the network has no parameters that are not frozen");
    const loss = lossOf(options);
    this.#program = compile((images: Tensor, labels: Tensor, v: readonly Tensor[]) =>
      // So that running statistics stay what they are.
      withVariableValues(new Map(), () => {
        const theta = parameters.map((parameter) => parameter.value);
        const slopes = gradients(loss(model.forward(images), labels), theta);
        const along = slopes.map((slope, i) => sum(mul(slope, v[i]!))).reduce((a, b) => add(a, b));
        return gradients(along, theta);
      }),
    );
  }

  /** Runs in the network's mode of use whatever its mode is; `signal` is looked at before each batch. */
  async apply(v: Float32Array): Promise<Float32Array> {
    const { statistics, signal } = this.#options;
    const parts = this.#split(v);
    const total = new Float32Array(this.size);
    await withStatistics(this.#model, statistics, async () => {
      for (const [images, labels] of this.#batches) {
        signal?.throwIfAborted();
        const share = images.shape[0]! / this.#samples;
        let at = 0;
        for (const product of await this.#program(images, labels, parts)) {
          const values = await product.data();
          for (let i = 0; i < values.length; i++) total[at + i]! += share * values[i]!;
          at += values.length;
        }
      }
    });
    return total;
  }

  #split(v: Float32Array): Tensor[] {
    let at = 0;
    return this.parameters.map(({ shape }) => {
      const start = at;
      at += sizeOf(shape);
      return tensor(v.subarray(start, at), { shape });
    });
  }
}

export interface HessianOptions extends ObjectiveOptions, WorkOptions {}
