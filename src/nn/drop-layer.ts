import { ArgumentError } from "../core/errors.ts";
import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import type { RandomOptions } from "../ops/random.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** What the layers share that set parts of their input to zero with probability p in training; in evaluation x stays. */
export abstract class DropLayer extends Module {
  declare readonly "~shape": SameShape;
  readonly p: number;
  readonly #random: RandomOptions;

  protected constructor(layer: string, p: number, random: RandomOptions) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`${layer}: p must lie in [0, 1], but is ${p}`);
    this.p = p;
    this.#random = random;
  }

  protected abstract drop(x: Tensor, p: number, random: RandomOptions): Tensor;

  override forward(x: Tensor): Tensor {
    return this.training ? this.drop(x, this.p, this.#random) : x;
  }

  protected override settings(): string {
    return showArguments(this.p);
  }
}
