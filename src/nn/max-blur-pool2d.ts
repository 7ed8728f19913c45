import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { type MaxPoolOptions, maxPool2d } from "../ops/max-pool.ts";
import { poolAttrs } from "../ops/pool-geometry.ts";
import { type PerAxis, perAxis } from "../ops/spatial.ts";
import { BlurPool2d, type BlurPoolOptions } from "./blur-pool2d.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/**
 * Max pooling without its aliasing: the maximum of each window at every position, then {@link BlurPool2d} with the
 * pooling's stride.
 *
 * Zhang: Making Convolutional Networks Shift-Invariant Again (2019), section 3.2, equation 5.
 *
 * @throws ArgumentError for strides that differ between rows and columns.
 */
export class MaxBlurPool2d extends Module {
  readonly kernelSize: PerAxis;
  readonly options: MaxPoolOptions;
  readonly blur: BlurPool2d<BlurPoolOptions>;

  constructor(
    channels: number,
    kernelSize: PerAxis,
    options: MaxPoolOptions = {},
    blur: BlurPoolOptions = {},
  ) {
    super();
    const { stride: _, ...dense } = options;
    const { stride } = poolAttrs("MaxBlurPool2d", 2, kernelSize, options);
    this.kernelSize = kernelSize;
    this.options = { ...dense, stride: 1 };
    this.blur = new BlurPool2d<BlurPoolOptions>(channels, {
      ...blur,
      stride: oneStride("MaxBlurPool2d", stride),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.blur.forward(maxPool2d(x, this.kernelSize, this.options));
  }

  protected override settings(): string {
    return showArguments(this.kernelSize, this.options);
  }
}

/** The stride of both directions. @throws ArgumentError if they differ. */
export function oneStride(layer: string, stride: PerAxis): number {
  const [y, x] = perAxis(layer, "stride", stride, 2, 1) as [number, number];
  if (y !== x)
    throw new ArgumentError(`${layer}: rows and columns have strides ${y} and ${x}, but a blur has one`);
  return y;
}
