import { type Tensor, tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import * as init from "../../nn/init.ts";
import { Module } from "../../nn/module.ts";
import { Parameter } from "../../nn/parameter.ts";
import { showArguments } from "../../nn/show-arguments.ts";
import { add, div, mul, square, sub } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/like.ts";
import { sqrt } from "../../ops/math.ts";
import { reshape } from "../../ops/movement.ts";
import { mean } from "../../ops/reduce.ts";

export interface MomentOptions {
  /** Added to the mean square; default 1e-5. */
  readonly eps?: number;
  /** Weight of the newest batch in the running mean square; default 0.1. */
  readonly momentum?: number;
}

/** x · weight/√(E x² + eps) for each feature, [N, numFeatures, …]; in evaluation with the running E x². */
export class SecondMomentNorm extends Module {
  /** [numFeatures], ones at first. */
  readonly weight: Parameter;
  /** [numFeatures], ones at first. */
  readonly runningVar: Variable;
  readonly numFeatures: number;
  readonly options: MomentOptions;

  constructor(numFeatures: number, options: MomentOptions = {}) {
    super();
    this.numFeatures = numFeatures;
    this.options = options;
    this.weight = init.constant(Parameter.zeros([numFeatures]), 1);
    this.runningVar = new Variable(tensor(new Float32Array(numFeatures).fill(1)), { trainable: false });
  }

  override forward(x: Tensor): Tensor {
    const { eps = 1e-5, momentum = 0.1 } = this.options;
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const moment = this.training ? mean(square(x), axes) : cast(this.runningVar, x.dtype);
    if (this.training) {
      const step = mul(sub(cast(moment, "float32"), this.runningVar), momentum);
      this.runningVar.assign(add(this.runningVar, step));
    }
    const factor = div(cast(this.weight, x.dtype), sqrt(add(moment, eps)));
    return mul(x, reshape(factor, [this.numFeatures, ...x.shape.slice(2).map(() => 1)]));
  }

  protected override settings(): string {
    return showArguments(this.numFeatures, this.options);
  }
}
