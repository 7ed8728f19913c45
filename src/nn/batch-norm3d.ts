import type { Tensor } from "../core/tensor.ts";
import { BatchNorm, type BatchNormOptions } from "./batch-norm.ts";
import { requireRank } from "./require-rank.ts";

/** Batch normalization of [N, C, D, H, W] over all axes but the channels. */
export class BatchNorm3d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super("BatchNorm3d", numFeatures, options);
  }

  override forward(x: Tensor): Tensor {
    requireRank("batchNorm3d", x, [5], "[N, C, D, H, W]");
    return this.normalize(x);
  }
}
