import type { Tensor } from "../core/tensor.ts";
import { BatchNorm, type BatchNormOptions } from "./batch-norm.ts";
import type { BatchNorm3dShape } from "./layer-types.ts";
import { requireRank } from "./require-rank.ts";

/** Batch normalization of [N, C, D, H, W] over all axes but the channels. */
export class BatchNorm3d<const C extends number = number> extends BatchNorm {
  declare readonly "~shape": BatchNorm3dShape<C>;

  constructor(numFeatures: C, options: BatchNormOptions = {}) {
    super("BatchNorm3d", numFeatures, options);
  }

  override forward(x: Tensor): Tensor {
    requireRank("batchNorm3d", x, [5], "[N, C, D, H, W]");
    return this.normalize(x);
  }
}
