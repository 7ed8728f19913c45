import type { Tensor } from "../core/tensor.ts";
import { adaptiveAvgPool2d } from "../ops/adaptive-pool.ts";
import { type PerAxis, perAxis } from "../ops/spatial.ts";
import type { AdaptivePool2dShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** The mean of each of outputSize even parts per axis: [N, C, H, W] → [N, C, ...outputSize]. */
export class AdaptiveAvgPool2d<const Size extends PerAxis = PerAxis> extends Module {
  declare readonly "~shape": AdaptivePool2dShape<"adaptiveAvgPool2d", Size>;
  readonly outputSize: PerAxis;

  constructor(outputSize: Size) {
    super();
    perAxis("AdaptiveAvgPool2d", "outputSize", outputSize, 2, 1);
    this.outputSize = outputSize;
  }

  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }

  protected override settings(): string {
    return showArguments(this.outputSize);
  }
}
