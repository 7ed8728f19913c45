import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { type SoftplusOptions, softplus } from "../ops/exponential-units.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** ln(1 + exp(beta · x)) / beta, and x itself where beta · x is above the threshold. */
export class Softplus extends Module {
  declare readonly "~shape": SameShape;
  readonly options: SoftplusOptions;

  constructor(options: SoftplusOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return softplus(x, this.options);
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
