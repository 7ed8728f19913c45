import type { Tensor } from "../core/tensor.ts";
import { type AvgPoolOptions, avgPool2d } from "../ops/avg-pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { AvgPool2dShape, NoOptions, PoolingOptions } from "./layer-types.ts";
import { Pooling } from "./pooling.ts";

/** The mean of each window: [N, C, H, W] → [N, C, H′, W′] with H′ = ⌊(H + 2p − k)/s⌋ + 1, by default s = k. */
export class AvgPool2d<
  const K extends PerAxis = PerAxis,
  const Options extends AvgPoolOptions = NoOptions,
> extends Pooling<AvgPoolOptions> {
  declare readonly "~shape": AvgPool2dShape<K, Options>;

  constructor(kernelSize: K, options?: PoolingOptions<Options, AvgPoolOptions>) {
    super("AvgPool2d", 2, kernelSize, (options ?? {}) as AvgPoolOptions);
  }

  override forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}
