import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { type LocalResponseNormOptions, localResponseNorm } from "../ops/local-response-norm.ts";
import { Module } from "./module.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";

/** x / (k + alpha · Σ x² / size)^beta, summed over the `size` channels around each. */
export class LocalResponseNorm extends Module {
  declare readonly "~shape": SameShape;
  readonly size: number;
  readonly options: LocalResponseNormOptions;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    requireCount("LocalResponseNorm", "size", size);
    this.size = size;
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }

  protected override settings(): string {
    return showArguments(this.size, this.options);
  }
}
