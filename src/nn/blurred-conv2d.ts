import type { Tensor } from "../core/tensor.ts";
import { conv2d } from "../ops/conv.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { BlurPool2d, type BlurPoolOptions } from "./blur-pool2d.ts";
import type { ConvLayerOptions, Convolution } from "./convolution.ts";
import { oneStride } from "./max-blur-pool2d.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { showArguments } from "./show-arguments.ts";

/**
 * A strided convolution's filters at every position, then {@link BlurPool2d} with its stride.
 *
 * The parameters are those of the convolution, under the same names. A 1 × 1 convolution filters after the blur, which
 * commutes with it and leaves less to do.
 */
export class BlurredConv2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: PerAxis;
  readonly blur: BlurPool2d<BlurPoolOptions>;
  readonly #options: ConvLayerOptions;

  constructor(
    { weight, bias, options, inChannels, outChannels, kernelSize }: Convolution,
    blur: BlurPoolOptions,
  ) {
    super();
    this.weight = weight;
    this.bias = bias;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.#options = { ...options, stride: 1 };
    const stride = oneStride("BlurredConv2d", options.stride ?? 1);
    this.blur = new BlurPool2d<BlurPoolOptions>(this.#pointwise ? inChannels : outChannels, {
      ...blur,
      stride,
    });
  }

  get #pointwise(): boolean {
    const { padding = 0 } = this.#options;
    const unpadded = padding === "valid" || (typeof padding === "number" && padding === 0);
    return unpadded && this.weight.shape[2] === 1 && this.weight.shape[3] === 1;
  }

  override forward(x: Tensor): Tensor {
    const { bias: _, ...settings } = this.#options;
    const filter = (y: Tensor): Tensor => conv2d(y, this.weight, { ...settings, bias: this.bias });
    return this.#pointwise ? filter(this.blur.forward(x)) : this.blur.forward(filter(x));
  }

  protected override settings(): string {
    return showArguments(this.inChannels, this.outChannels, this.kernelSize, this.#options);
  }
}
