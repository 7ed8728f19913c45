import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { elu } from "../ops/exponential-units.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

export interface ELUOptions {
  /** Default 1. */
  readonly alpha?: number;
}

/** x where x > 0, else alpha · (eˣ − 1). */
export class ELU extends Module {
  declare readonly "~shape": SameShape;
  readonly options: ELUOptions;

  constructor(options: ELUOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return elu(x, this.options);
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
