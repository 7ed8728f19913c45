import type { Tensor } from "../core/tensor.ts";
import { conv1d } from "../ops/conv.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { type ConvLayerOptions, Convolution } from "./convolution.ts";
import type { Conv1dShape, ConvolutionOptions, NoOptions } from "./layer-types.ts";

/**
 * Convolution over length: [N, inChannels, L] → [N, outChannels, ⌊(L + 2p − d(k − 1) − 1)/s⌋ + 1].
 *
 * weight [outChannels, inChannels / groups, ...kernelSize], bias [outChannels], both U(±1/√fanIn) at first.
 *
 * @throws ArgumentError if the channels do not divide into the groups.
 */
export class Conv1d<
  const I extends number = number,
  const O extends number = number,
  const K extends PerAxis = PerAxis,
  const Options extends ConvLayerOptions = NoOptions,
> extends Convolution {
  declare readonly "~shape": Conv1dShape<I, O, K, Options>;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: ConvolutionOptions<I, O, Options, ConvLayerOptions>,
  ) {
    super(1, inChannels, outChannels, kernelSize, (options ?? {}) as ConvLayerOptions);
  }

  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.operation);
  }
}
