import type { Tensor } from "../core/tensor.ts";
import { globalMaxPool } from "../ops/global-pool.ts";
import type { GlobalPoolOptions, GlobalPoolShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** The largest element over all spatial axes: [N, C, …] → [N, C], or [N, C, 1, …] with `keepDims`. */
export class GlobalMaxPool<const KeepDims extends boolean = false> extends Module {
  declare readonly "~shape": GlobalPoolShape<"globalMaxPool", KeepDims>;
  readonly options: GlobalPoolOptions<KeepDims>;

  constructor(options: GlobalPoolOptions<KeepDims> = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return globalMaxPool(x, this.options);
  }

  protected override settings(): string {
    return showArguments(this.options);
  }
}
