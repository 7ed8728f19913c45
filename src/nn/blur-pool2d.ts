import { ArgumentError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { conv2d } from "../ops/conv.ts";
import { pad } from "../ops/pad.ts";
import type { BlurPool2dShape, NoOptions, PoolingOptions } from "./layer-types.ts";
import { Module } from "./module.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";

export interface BlurPoolOptions {
  /** Taps of the binomial filter in each direction, 2 to 7; default 4. */
  readonly kernelSize?: number;
  /** Default 2. */
  readonly stride?: number;
  /** What is put around the maps before they are filtered; default "reflect". */
  readonly paddingMode?: "reflect" | "replicate" | "circular" | "zeros";
}

/**
 * Filters each channel with a binomial before it takes every `stride`-th element: [N, channels, H, W] →
 * [N, channels, ⌈H/s⌉, ⌈W/s⌉].
 *
 * The filter is (1 + z)ᵏ⁻¹ in both directions, divided by its sum; ⌊(k − 1)/2⌋ elements are put before the maps and
 * ⌈(k − 1)/2⌉ behind. filt [channels, 1, k, k] is a buffer, named as in the authors' package.
 *
 * Zhang: Making Convolutional Networks Shift-Invariant Again (2019), section 3.2.
 *
 * @throws ArgumentError for a kernel size that is no whole number from 2 to 7.
 */
export class BlurPool2d<const Options extends BlurPoolOptions = NoOptions> extends Module {
  declare readonly "~shape": BlurPool2dShape<Options>;
  readonly filt: Variable;
  readonly channels: number;
  readonly options: BlurPoolOptions;

  constructor(channels: number, options?: PoolingOptions<Options, BlurPoolOptions>) {
    super();
    const settings = (options ?? {}) as BlurPoolOptions;
    const { kernelSize = 4, stride = 2 } = settings;
    requireCount("BlurPool2d", "channels", channels);
    requireCount("BlurPool2d", "stride", stride);
    if (!Number.isInteger(kernelSize) || kernelSize < 2 || kernelSize > 7) {
      throw new ArgumentError(`BlurPool2d: kernelSize must be a whole number from 2 to 7, not ${kernelSize}`);
    }
    this.channels = channels;
    this.options = settings;
    const plane = binomialPlane(kernelSize);
    const filt = Float32Array.from({ length: channels * plane.length }, (_, i) => plane[i % plane.length]!);
    this.filt = new Variable(tensor(filt, { shape: [channels, 1, kernelSize, kernelSize] }), {
      trainable: false,
    });
  }

  override forward(x: Tensor): Tensor {
    const { kernelSize = 4, stride = 2, paddingMode = "reflect" } = this.options;
    const [before, after] = [Math.floor((kernelSize - 1) / 2), Math.ceil((kernelSize - 1) / 2)];
    const mode = paddingMode === "zeros" ? "constant" : paddingMode;
    const padded = pad(x, [before, after, before, after], { mode });
    return conv2d(padded, this.filt, { stride, groups: this.channels });
  }

  protected override settings(): string {
    return showArguments(this.channels, this.options);
  }
}

/** Products of the binomial coefficients of row k − 1, over 4ᵏ⁻¹, their sum. */
function binomialPlane(kernelSize: number): number[] {
  let row = [1];
  for (let k = 1; k < kernelSize; k++) row = [1, ...row.slice(1).map((value, i) => value + row[i]!), 1];
  return row.flatMap((a) => row.map((b) => (a * b) / 4 ** (kernelSize - 1)));
}
