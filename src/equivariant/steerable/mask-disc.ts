import type { SameShape } from "../../core/shape-types.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { Module } from "../../nn/module.ts";
import { showArguments } from "../../nn/show-arguments.ts";
import { mul } from "../../ops/arithmetic.ts";

export interface MaskDiscOptions {
  /** Pixels between the disc and the nearest border; default 1. */
  readonly margin?: number;
  /** Standard deviation of the fading beyond the disc, in pixels; default 1. */
  readonly sigma?: number;
}

/**
 * Keeps the disc in the middle of an image and fades out what lies beyond, [N, C, H, W]: turned images then hold the
 * same, since no corner enters or leaves.
 */
export class MaskDisc extends Module {
  declare readonly "~shape": SameShape;
  readonly options: MaskDiscOptions;
  readonly #masks = new Map<string, Float64Array>();

  constructor(options: MaskDiscOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    const [height, width] = x.shape.slice(-2) as [number, number];
    const key = `${height}×${width}`;
    const mask = this.#masks.get(key) ?? this.#mask(height, width);
    this.#masks.set(key, mask);
    return mul(x, tensor(mask, { shape: [height, width], dtype: x.dtype }));
  }

  #mask(height: number, width: number): Float64Array {
    const { margin = 1, sigma = 1 } = this.options;
    const radius = (Math.min(height, width) - 1) / 2 - margin;
    return Float64Array.from({ length: height * width }, (_, i) => {
      const y = Math.floor(i / width) - (height - 1) / 2;
      const x = (i % width) - (width - 1) / 2;
      const beyond = Math.max(0, Math.hypot(x, y) - radius);
      return Math.exp(-0.5 * (beyond / sigma) ** 2);
    });
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
