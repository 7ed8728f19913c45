import type { Tensor } from "../core/tensor.ts";
import { globalAvgPool } from "../ops/global-pool.ts";
import type { GlobalPoolOptions, GlobalPoolShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** The mean over all spatial axes: [N, C, …] → [N, C], or [N, C, 1, …] with `keepDims`. */
export class GlobalAvgPool<const KeepDims extends boolean = false> extends Module {
  declare readonly "~shape": GlobalPoolShape<"globalAvgPool", KeepDims>;
  readonly options: GlobalPoolOptions<KeepDims>;

  constructor(options: GlobalPoolOptions<KeepDims> = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return globalAvgPool(x, this.options);
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
