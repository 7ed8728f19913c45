import type { Tensor } from "../core/tensor.ts";
import { type AvgPoolOptions, avgPool3d } from "../ops/avg-pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { AvgPool3dShape, NoOptions, PoolingOptions } from "./layer-types.ts";
import { Pooling } from "./pooling.ts";

/** The mean of each window: [N, C, D, H, W] → [N, C, D′, H′, W′] with D′ = ⌊(D + 2p − k)/s⌋ + 1, by default s = k. */
export class AvgPool3d<
  const K extends PerAxis = PerAxis,
  const Options extends AvgPoolOptions = NoOptions,
> extends Pooling<AvgPoolOptions> {
  declare readonly "~shape": AvgPool3dShape<K, Options>;

  constructor(kernelSize: K, options?: PoolingOptions<Options, AvgPoolOptions>) {
    super("AvgPool3d", 3, kernelSize, (options ?? {}) as AvgPoolOptions);
  }

  override forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}
