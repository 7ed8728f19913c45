import type { Tensor } from "../core/tensor.ts";
import { adaptiveMaxPool2d } from "../ops/adaptive-pool.ts";
import { type PerAxis, perAxis } from "../ops/spatial.ts";
import type { AdaptivePool2dShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** The largest element of each of outputSize even parts per axis: [N, C, H, W] → [N, C, ...outputSize]. */
export class AdaptiveMaxPool2d<const Size extends PerAxis = PerAxis> extends Module {
  declare readonly "~shape": AdaptivePool2dShape<"adaptiveMaxPool2d", Size>;
  readonly outputSize: PerAxis;

  constructor(outputSize: Size) {
    super();
    perAxis("AdaptiveMaxPool2d", "outputSize", outputSize, 2, 1);
    this.outputSize = outputSize;
  }

  override forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }

  protected override settings(): string {
    return showArguments(this.outputSize);
  }
}
