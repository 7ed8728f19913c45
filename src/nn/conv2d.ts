import type { Tensor } from "../core/tensor.ts";
import { conv2d } from "../ops/conv.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { type ConvLayerOptions, Convolution } from "./convolution.ts";
import type { Conv2dShape, ConvolutionOptions, NoOptions } from "./layer-types.ts";

/**
 * Convolution over height and width: [N, inChannels, H, W] → [N, outChannels, H′, W′] with
 * H′ = ⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1.
 *
 * weight [outChannels, inChannels / groups, ...kernelSize], bias [outChannels], both U(±1/√fanIn) at first.
 *
 * @throws ArgumentError if the channels do not divide into the groups.
 */
export class Conv2d<
  const I extends number = number,
  const O extends number = number,
  const K extends PerAxis = PerAxis,
  const Options extends ConvLayerOptions = NoOptions,
> extends Convolution {
  declare readonly "~shape": Conv2dShape<I, O, K, Options>;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: ConvolutionOptions<I, O, Options, ConvLayerOptions>,
  ) {
    super(2, inChannels, outChannels, kernelSize, (options ?? {}) as ConvLayerOptions);
  }

  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.operation);
  }
}
