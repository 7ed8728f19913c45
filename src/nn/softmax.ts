import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { softmax } from "../ops/softmax.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** exp(x) / Σ exp(x) along an axis. */
export class Softmax extends Module {
  declare readonly "~shape": SameShape;
  readonly axis: number;

  /** @param axis default the last. */
  constructor(axis = -1) {
    super();
    this.axis = axis;
  }

  override forward(x: Tensor): Tensor {
    return softmax(x, this.axis);
  }

  protected override settings(): string {
    return showArguments(this.axis);
  }
}
