import type { Tensor } from "../core/tensor.ts";
import { type AvgPoolOptions, avgPool3d } from "../ops/avg-pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { Pooling } from "./pooling.ts";

/** The mean of each window: [N, C, D, H, W] → [N, C, D′, H′, W′] with D′ = ⌊(D + 2p − k)/s⌋ + 1, by default s = k. */
export class AvgPool3d extends Pooling<AvgPoolOptions> {
  constructor(kernelSize: PerAxis, options: AvgPoolOptions = {}) {
    super("AvgPool3d", 3, kernelSize, options);
  }

  override forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}
