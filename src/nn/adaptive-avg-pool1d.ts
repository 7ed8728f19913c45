import type { Tensor } from "../core/tensor.ts";
import { adaptiveAvgPool1d } from "../ops/adaptive-pool.ts";
import { type PerAxis, perAxis } from "../ops/spatial.ts";
import type { AdaptivePool1dShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** The mean of each of `outputSize` even parts: [N, C, L] → [N, C, outputSize]. */
export class AdaptiveAvgPool1d<const Size extends PerAxis = PerAxis> extends Module {
  declare readonly "~shape": AdaptivePool1dShape<"adaptiveAvgPool1d", Size>;
  readonly outputSize: PerAxis;

  constructor(outputSize: Size) {
    super();
    perAxis("AdaptiveAvgPool1d", "outputSize", outputSize, 1, 1);
    this.outputSize = outputSize;
  }

  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }

  protected override settings(): string {
    return showArguments(this.outputSize);
  }
}
