import type { Tensor } from "../core/tensor.ts";
import { BatchNorm, type BatchNormOptions } from "./batch-norm.ts";
import type { BatchNorm1dShape } from "./layer-types.ts";
import { requireRank } from "./require-rank.ts";

/** Batch normalization of [N, C] or [N, C, L] over all axes but the channels. */
export class BatchNorm1d<const C extends number = number> extends BatchNorm {
  declare readonly "~shape": BatchNorm1dShape<C>;

  constructor(numFeatures: C, options: BatchNormOptions = {}) {
    super("BatchNorm1d", numFeatures, options);
  }

  override forward(x: Tensor): Tensor {
    requireRank("batchNorm1d", x, [2, 3], "[N, C] or [N, C, L]");
    return this.normalize(x);
  }
}
