import type { Tensor } from "../core/tensor.ts";
import type { NormOptions } from "./channel-affine.ts";
import { InstanceNorm } from "./instance-norm.ts";
import type { InstanceNorm2dShape } from "./layer-types.ts";
import { requireRank } from "./require-rank.ts";

/** Instance normalization of [N, C, H, W] over H and W. */
export class InstanceNorm2d<const C extends number = number> extends InstanceNorm {
  declare readonly "~shape": InstanceNorm2dShape<C>;

  constructor(numFeatures: C, options: NormOptions = {}) {
    super("InstanceNorm2d", numFeatures, options);
  }

  override forward(x: Tensor): Tensor {
    requireRank("instanceNorm2d", x, [4], "[N, C, H, W]");
    return this.normalize(x);
  }
}
