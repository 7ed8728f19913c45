import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { leakyRelu } from "../ops/rectifiers.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

export interface LeakyReLUOptions {
  /** Default 0.01. */
  readonly negativeSlope?: number;
}

/** x where x > 0, else negativeSlope · x. */
export class LeakyReLU extends Module {
  declare readonly "~shape": SameShape;
  readonly options: LeakyReLUOptions;

  constructor(options: LeakyReLUOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.options);
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
