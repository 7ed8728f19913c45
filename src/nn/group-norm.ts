import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { groupNorm } from "../ops/group-norm.ts";
import { channelAffine, type NormOptions } from "./channel-affine.ts";
import type { GroupedChannels, GroupNormShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";

/**
 * (x − μ)/√(σ² + eps) · weight + bias for [N, C, …], with mean and biased variance over each of `numGroups` runs of
 * channels of each sample; `affine` is true by default.
 *
 * Wu, He: Group Normalization (2018), equations 1 to 6.
 */
export class GroupNorm<const G extends number = number, const C extends number = number> extends Module {
  declare readonly "~shape": GroupNormShape<C>;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly numGroups: number;
  readonly numChannels: number;
  readonly options: NormOptions;

  constructor(numGroups: G, numChannels: GroupedChannels<G, C>, options: NormOptions = {}) {
    super();
    const channels = numChannels as number;
    requireCount("GroupNorm", "numGroups", numGroups);
    requireCount("GroupNorm", "numChannels", channels);
    if (channels % numGroups !== 0) {
      throw new ArgumentError(`GroupNorm: ${channels} channels do not divide into ${numGroups} groups`);
    }
    this.numGroups = numGroups;
    this.numChannels = channels;
    this.options = options;
    if (options.affine ?? true) ({ weight: this.weight, bias: this.bias } = channelAffine(channels));
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, options } = this;
    return groupNorm(x, this.numGroups, {
      ...(weight && bias && { weight, bias }),
      eps: options.eps ?? 1e-5,
    });
  }

  protected override settings(): string {
    return showArguments(this.numGroups, this.numChannels, this.options);
  }
}
