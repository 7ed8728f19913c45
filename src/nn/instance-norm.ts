import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { instanceNorm } from "../ops/group-norm.ts";
import { channelAffine, type NormOptions } from "./channel-affine.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";

/**
 * What the instance normalizations share: (x − μ)/√(σ² + eps), with mean and biased variance of each channel of each
 * sample, in training and evaluation alike; `affine` is false by default.
 *
 * Ulyanov, Vedaldi, Lempitsky: Instance Normalization (2016), equation 2.
 */
export abstract class InstanceNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly numFeatures: number;
  readonly options: NormOptions;

  protected constructor(layer: string, numFeatures: number, options: NormOptions) {
    super();
    requireCount(layer, "numFeatures", numFeatures);
    this.numFeatures = numFeatures;
    this.options = options;
    if (options.affine ?? false) ({ weight: this.weight, bias: this.bias } = channelAffine(numFeatures));
  }

  protected normalize(x: Tensor): Tensor {
    const { weight, bias, options } = this;
    if (x.shape[1] !== this.numFeatures) {
      throw new ShapeError("instanceNorm", `input has ${x.shape[1]} channels, not ${this.numFeatures}`, {
        x: x.shape,
      });
    }
    return instanceNorm(x, { ...(weight && bias && { weight, bias }), eps: options.eps ?? 1e-5 });
  }

  protected override settings(): string {
    return showArguments(this.numFeatures, this.options);
  }
}
