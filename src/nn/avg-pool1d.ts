import type { Tensor } from "../core/tensor.ts";
import { type AvgPoolOptions, avgPool1d } from "../ops/avg-pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { AvgPool1dShape, NoOptions, PoolingOptions } from "./layer-types.ts";
import { Pooling } from "./pooling.ts";

/** The mean of each window: [N, C, L] → [N, C, L′] with L′ = ⌊(L + 2p − k)/s⌋ + 1, by default s = k. */
export class AvgPool1d<
  const K extends PerAxis = PerAxis,
  const Options extends AvgPoolOptions = NoOptions,
> extends Pooling<AvgPoolOptions> {
  declare readonly "~shape": AvgPool1dShape<K, Options>;

  constructor(kernelSize: K, options?: PoolingOptions<Options, AvgPoolOptions>) {
    super("AvgPool1d", 1, kernelSize, (options ?? {}) as AvgPoolOptions);
  }

  override forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}
