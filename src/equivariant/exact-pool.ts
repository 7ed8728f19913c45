import type { Tensor } from "../core/tensor.ts";
import { AvgPool2d } from "../nn/avg-pool2d.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { requireExactStride, type SlidingWindow } from "./exact-stride.ts";
import type { Group } from "./group.ts";

export interface ExactPoolOptions {
  /** Default: the kernel's size. */
  readonly stride?: number;
  /** At each border; default 0, at most half the kernel. */
  readonly padding?: number;
}

/** {@link MaxPool2d} on maps whose size keeps the symmetry. @throws ShapeError for other maps, in `forward`. */
export class ExactMaxPool2d extends MaxPool2d<number, ExactPoolOptions> {
  readonly group: Group;

  constructor(group: Group, kernelSize: number, options: ExactPoolOptions = {}) {
    super(kernelSize, options);
    this.group = group;
  }

  override forward(x: Tensor): Tensor {
    requireExactStride("ExactMaxPool2d", x, this.group, windowOf(this));
    return super.forward(x);
  }

  /** The pooling that takes maps of any size. */
  toPlain(): MaxPool2d {
    return new MaxPool2d<number, ExactPoolOptions>(
      this.kernelSize as number,
      this.options as ExactPoolOptions,
    );
  }
}

/** {@link AvgPool2d} on maps whose size keeps the symmetry. @throws ShapeError for other maps, in `forward`. */
export class ExactAvgPool2d extends AvgPool2d<number, ExactPoolOptions> {
  readonly group: Group;

  constructor(group: Group, kernelSize: number, options: ExactPoolOptions = {}) {
    super(kernelSize, options);
    this.group = group;
  }

  override forward(x: Tensor): Tensor {
    requireExactStride("ExactAvgPool2d", x, this.group, windowOf(this));
    return super.forward(x);
  }

  /** The pooling that takes maps of any size. */
  toPlain(): AvgPool2d {
    return new AvgPool2d<number, ExactPoolOptions>(
      this.kernelSize as number,
      this.options as ExactPoolOptions,
    );
  }
}

function windowOf(pool: { readonly kernelSize: unknown; readonly options: unknown }): SlidingWindow {
  const reach = pool.kernelSize as number;
  const { stride = reach, padding = 0 } = pool.options as ExactPoolOptions;
  return { reach, stride, padding };
}
