import type { Tensor } from "../core/tensor.ts";
import { convTranspose1d } from "../ops/conv-transpose.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { ConvolutionOptions, ConvTranspose1dShape, NoOptions } from "./layer-types.ts";
import { type ConvTransposeLayerOptions, TransposedConvolution } from "./transposed-convolution.ts";

/**
 * Transposed convolution over length: the adjoint of a convolution with these settings.
 *
 * [N, inChannels, L] → [N, outChannels, (L − 1)s − 2p + d(k − 1) + outputPadding + 1].
 *
 * weight [inChannels, outChannels / groups, ...kernelSize], bias [outChannels], both U(±1/√fanIn) at first.
 *
 * @throws ArgumentError if the channels do not divide into the groups.
 */
export class ConvTranspose1d<
  const I extends number = number,
  const O extends number = number,
  const K extends PerAxis = PerAxis,
  const Options extends ConvTransposeLayerOptions = NoOptions,
> extends TransposedConvolution {
  declare readonly "~shape": ConvTranspose1dShape<I, O, K, Options>;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: ConvolutionOptions<I, O, Options, ConvTransposeLayerOptions>,
  ) {
    super(1, inChannels, outChannels, kernelSize, (options ?? {}) as ConvTransposeLayerOptions);
  }

  override forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this.operation);
  }
}
