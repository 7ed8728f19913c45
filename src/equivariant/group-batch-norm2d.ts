import type { Tensor } from "../core/tensor.ts";
import type { Variable } from "../core/variable.ts";
import { BatchNorm, type BatchNormOptions } from "../nn/batch-norm.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { showArguments } from "../nn/show-arguments.ts";
import { batchNormInference } from "../ops/batch-norm.ts";
import { reshape } from "../ops/movement.ts";
import { fieldChannels } from "./grid-action.ts";
import type { Group } from "./group.ts";
import { overGroup } from "./group-convolution.ts";

/**
 * Batch normalization of feature maps on a group, [N, C·|G|, H, W], with statistics, factors and summands that the
 * elements of the group share: those of single elements would break the symmetry.
 *
 * weight, bias, runningMean and runningVar are [C].
 */
export class GroupBatchNorm2d extends BatchNorm {
  readonly group: Group;

  /** @param numFeatures C */
  constructor(group: Group, numFeatures: number, options: BatchNormOptions = {}) {
    super("GroupBatchNorm2d", numFeatures, options);
    this.group = group;
  }

  override forward(x: Tensor): Tensor {
    const channels = fieldChannels("GroupBatchNorm2d", x, this.group);
    const { runningMean, runningVar } = this;
    if (!this.training && runningMean && runningVar && channels === this.numFeatures) {
      const { mean, variance, ...affine } = this.#expanded(runningMean, runningVar);
      return batchNormInference(x, { mean, variance }, { ...affine, eps: this.options.eps ?? 1e-5 });
    }
    const [batch, , height, width] = x.shape as [number, number, number, number];
    const fields = reshape(x, [batch, channels, this.group.order * height, width]);
    return reshape(this.normalize(fields), x.shape);
  }

  /** An ordinary batch normalization with the same output in evaluation. */
  toPlain(): BatchNorm2d {
    const plain = new BatchNorm2d(this.numFeatures * this.group.order, this.options);
    const copy = (from: Variable | undefined, to: Variable | undefined): void => {
      if (from && to) to.assign(overGroup(from.value, this.group));
    };
    for (const name of ["weight", "bias", "runningMean", "runningVar"] as const)
      copy(this[name], plain[name]);
    if (this.numBatchesTracked) plain.numBatchesTracked?.assign(this.numBatchesTracked.value);
    return plain;
  }

  #expanded(mean: Variable, variance: Variable) {
    const each = (variable: Variable): Tensor => overGroup(variable.value, this.group);
    const { weight, bias } = this;
    return {
      mean: each(mean),
      variance: each(variance),
      ...(weight && bias && { weight: each(weight), bias: each(bias) }),
    };
  }

  protected override settings(): string {
    return `${this.group.name}, ${showArguments(this.numFeatures, this.options)}`;
  }
}
