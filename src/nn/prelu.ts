import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { prelu } from "../ops/rectifiers.ts";
import { constant } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";

export interface PReLUOptions {
  /** One slope for all channels (1, the default), or one for each channel. */
  readonly numParameters?: number;
  /** The slopes at first; default 0.25. */
  readonly init?: number;
}

/**
 * x where x > 0, else weight · x with learned slopes, of shape [numParameters].
 *
 * He, Zhang, Ren, Sun: Delving Deep into Rectifiers (2015), section 2.1.
 */
export class PReLU extends Module {
  declare readonly "~shape": SameShape;
  readonly weight: Parameter;
  readonly options: PReLUOptions;

  constructor(options: PReLUOptions = {}) {
    super();
    const { numParameters = 1, init = 0.25 } = options;
    requireCount("PReLU", "numParameters", numParameters);
    this.weight = constant(Parameter.zeros([numParameters]), init);
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
