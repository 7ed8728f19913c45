import type { SameShape } from "../core/shape-types.ts";
import type { Tensor } from "../core/tensor.ts";
import { logSoftmax } from "../ops/softmax.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** ln softmax(x) along an axis. */
export class LogSoftmax extends Module {
  declare readonly "~shape": SameShape;
  readonly axis: number;

  /** @param axis default the last. */
  constructor(axis = -1) {
    super();
    this.axis = axis;
  }

  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.axis);
  }

  protected override settings(): string {
    return showArguments(this.axis);
  }
}
