import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { type GeluApproximation, gelu } from "../ops/gated-units.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

export interface GELUOptions {
  /** Default "none": the exact function. */
  readonly approximate?: GeluApproximation;
}

/** x · Φ(x) with the standard normal distribution Φ, or its approximation by a hyperbolic tangent. */
export class GELU extends Module {
  declare readonly "~shape": SameShape;
  readonly options: GELUOptions;

  constructor(options: GELUOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
