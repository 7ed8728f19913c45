import type { Tensor } from "../core/tensor.ts";
import type { NormOptions } from "./channel-affine.ts";
import { InstanceNorm } from "./instance-norm.ts";
import type { InstanceNorm1dShape } from "./layer-types.ts";
import { requireRank } from "./require-rank.ts";

/** Instance normalization of [N, C, L] over L. */
export class InstanceNorm1d<const C extends number = number> extends InstanceNorm {
  declare readonly "~shape": InstanceNorm1dShape<C>;

  constructor(numFeatures: C, options: NormOptions = {}) {
    super("InstanceNorm1d", numFeatures, options);
  }

  override forward(x: Tensor): Tensor {
    requireRank("instanceNorm1d", x, [3], "[N, C, L]");
    return this.normalize(x);
  }
}
