import type { Tensor } from "../core/tensor.ts";
import { type MaxPoolOptions, maxPool2d } from "../ops/max-pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { MaxPool2dShape, NoOptions, PoolingOptions } from "./layer-types.ts";
import { Pooling } from "./pooling.ts";

/** The largest element of each window: [N, C, H, W] → [N, C, H′, W′] with H′ = ⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1, by default s = k. */
export class MaxPool2d<
  const K extends PerAxis = PerAxis,
  const Options extends MaxPoolOptions = NoOptions,
> extends Pooling<MaxPoolOptions> {
  declare readonly "~shape": MaxPool2dShape<K, Options>;

  constructor(kernelSize: K, options?: PoolingOptions<Options, MaxPoolOptions>) {
    super("MaxPool2d", 2, kernelSize, (options ?? {}) as MaxPoolOptions);
  }

  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}
