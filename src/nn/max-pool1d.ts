import type { Tensor } from "../core/tensor.ts";
import { type MaxPoolOptions, maxPool1d } from "../ops/max-pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { MaxPool1dShape, NoOptions, PoolingOptions } from "./layer-types.ts";
import { Pooling } from "./pooling.ts";

/** The largest element of each window: [N, C, L] → [N, C, L′] with L′ = ⌊(L + 2p − d(k − 1) − 1)/s⌋ + 1, by default s = k. */
export class MaxPool1d<
  const K extends PerAxis = PerAxis,
  const Options extends MaxPoolOptions = NoOptions,
> extends Pooling<MaxPoolOptions> {
  declare readonly "~shape": MaxPool1dShape<K, Options>;

  constructor(kernelSize: K, options?: PoolingOptions<Options, MaxPoolOptions>) {
    super("MaxPool1d", 1, kernelSize, (options ?? {}) as MaxPoolOptions);
  }

  override forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }
}
