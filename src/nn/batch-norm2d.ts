import type { Tensor } from "../core/tensor.ts";
import { BatchNorm, type BatchNormOptions } from "./batch-norm.ts";
import type { BatchNorm2dShape } from "./layer-types.ts";
import { requireRank } from "./require-rank.ts";

/** Batch normalization of [N, C, H, W] over all axes but the channels. */
export class BatchNorm2d<const C extends number = number> extends BatchNorm {
  declare readonly "~shape": BatchNorm2dShape<C>;

  constructor(numFeatures: C, options: BatchNormOptions = {}) {
    super("BatchNorm2d", numFeatures, options);
  }

  override forward(x: Tensor): Tensor {
    requireRank("batchNorm2d", x, [4], "[N, C, H, W]");
    return this.normalize(x);
  }
}
