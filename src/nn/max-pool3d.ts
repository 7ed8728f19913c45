import type { Tensor } from "../core/tensor.ts";
import { type MaxPoolOptions, maxPool3d } from "../ops/max-pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { MaxPool3dShape, NoOptions, PoolingOptions } from "./layer-types.ts";
import { Pooling } from "./pooling.ts";

/** The largest element of each window: [N, C, D, H, W] → [N, C, D′, H′, W′] with D′ = ⌊(D + 2p − d(k − 1) − 1)/s⌋ + 1, by default s = k. */
export class MaxPool3d<
  const K extends PerAxis = PerAxis,
  const Options extends MaxPoolOptions = NoOptions,
> extends Pooling<MaxPoolOptions> {
  declare readonly "~shape": MaxPool3dShape<K, Options>;

  constructor(kernelSize: K, options?: PoolingOptions<Options, MaxPoolOptions>) {
    super("MaxPool3d", 3, kernelSize, (options ?? {}) as MaxPoolOptions);
  }

  override forward(x: Tensor): Tensor {
    return maxPool3d(x, this.kernelSize, this.options);
  }
}
