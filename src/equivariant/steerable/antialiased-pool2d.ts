import type { DType } from "../../core/dtype.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { Conv2d } from "../../nn/conv2d.ts";
import { Module } from "../../nn/module.ts";
import { requireCount } from "../../nn/require-count.ts";
import { requireRank } from "../../nn/require-rank.ts";
import { showArguments } from "../../nn/show-arguments.ts";
import { conv2d } from "../../ops/conv.ts";
import { expand } from "../../ops/expand.ts";
import { requireExactStride } from "../exact-stride.ts";
import { constantOf } from "./constant-of.ts";
import type { FieldType } from "./field-type.ts";

export interface AntialiasedPoolOptions {
  /** Taps of the blur along each axis: odd for maps of odd extents, even for even ones; default 5. */
  readonly kernelSize?: number;
  /** Default 2. */
  readonly stride?: number;
  /** At each border; default ⌊(kernelSize − 1)/2⌋. */
  readonly padding?: number;
  /** Standard deviation of the blur in pixels; default 0.66. */
  readonly sigma?: number;
  /** Whether to refuse maps on which the stride breaks the symmetry; default true. */
  readonly exact?: boolean;
}

/**
 * A Gaussian blur of each channel and then every stride-th pixel: [N, channels, H, W] → [N, channels, H′, W′] with
 * H′ = (H + 2p − k)/s + 1. Fields of every kind may pass, since the blur is the same for all channels and directions.
 *
 * Zhang: Making Convolutional Networks Shift-Invariant Again (2019).
 *
 * @throws ShapeError in `forward` if the stride leaves out pixels at one border only, which breaks the symmetry.
 */
export class AntialiasedPool2d extends Module {
  readonly inType: FieldType;
  readonly outType: FieldType;
  readonly options: AntialiasedPoolOptions;
  readonly #blur: Float64Array;
  readonly #window: { readonly kernelSize: number; readonly stride: number; readonly padding: number };

  constructor(type: FieldType, options: AntialiasedPoolOptions = {}) {
    super();
    const { kernelSize = 5, stride = 2, sigma = 0.66 } = options;
    requireCount("AntialiasedPool2d", "kernelSize", kernelSize);
    requireCount("AntialiasedPool2d", "stride", stride);
    const { padding = Math.floor((kernelSize - 1) / 2) } = options;
    if (!(sigma > 0)) throw new ArgumentError(`AntialiasedPool2d: sigma must be positive, but is ${sigma}`);
    this.inType = type;
    this.outType = type;
    this.options = options;
    this.#window = { kernelSize, stride, padding };
    this.#blur = gaussian(kernelSize, sigma);
    this.#filters("float32");
  }

  override forward(x: Tensor): Tensor {
    requireRank("AntialiasedPool2d", x, [4], "[N, C, H, W]");
    this.inType.requireInput("AntialiasedPool2d", x);
    const { kernelSize, stride, padding } = this.#window;
    if (this.options.exact ?? true) {
      requireExactStride("AntialiasedPool2d", x, this.inType.group, { reach: kernelSize, stride, padding });
    }
    return conv2d(x, this.#filters(x.dtype), { stride, padding, groups: this.inType.channels });
  }

  #filters(dtype: DType): Tensor {
    const { kernelSize } = this.#window;
    const one = constantOf(this.#blur, [1, 1, kernelSize, kernelSize], dtype);
    return expand(one, [this.inType.channels, 1, kernelSize, kernelSize]);
  }

  /** An ordinary convolution of each channel with the same output. */
  toPlain(): Conv2d {
    const { kernelSize, stride, padding } = this.#window;
    const { channels } = this.inType;
    const settings = { stride, padding, groups: channels, bias: false };
    const conv = new Conv2d<number, number, number, object>(channels, channels, kernelSize, settings);
    conv.weight.assign(this.#filters("float32"));
    return conv;
  }

  protected override settings(): string {
    return `${this.inType}${showArguments(this.options) && `, ${showArguments(this.options)}`}`;
  }
}

/** [kernelSize, kernelSize], with sum 1. */
function gaussian(kernelSize: number, sigma: number): Float64Array {
  const line = Array.from({ length: kernelSize }, (_, i) =>
    Math.exp(-0.5 * ((i - (kernelSize - 1) / 2) / sigma) ** 2),
  );
  const total = line.reduce((sum, value) => sum + value, 0) ** 2;
  return Float64Array.from(line.flatMap((a) => line.map((b) => (a * b) / total)));
}
