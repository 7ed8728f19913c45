import type { Tensor } from "../core/tensor.ts";
import { linear } from "../ops/linear.ts";
import type { LinearShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";
import { weightAndBias } from "./weight-and-bias.ts";

export interface LinearOptions {
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
}

/**
 * x · weightᵀ + bias: […, inFeatures] → […, outFeatures].
 *
 * weight [outFeatures, inFeatures], bias [outFeatures], both U(±1/√inFeatures) at first.
 */
export class Linear<const I extends number = number, const O extends number = number> extends Module {
  declare readonly "~shape": LinearShape<I, O>;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly options: LinearOptions;

  constructor(inFeatures: I, outFeatures: O, options: LinearOptions = {}) {
    super();
    requireCount("Linear", "inFeatures", inFeatures);
    requireCount("Linear", "outFeatures", outFeatures);
    ({ weight: this.weight, bias: this.bias } = weightAndBias(
      [outFeatures, inFeatures],
      options.bias === false ? undefined : outFeatures,
    ));
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  protected override settings(): string {
    return showArguments(this.inFeatures, this.outFeatures, this.options);
  }
}
