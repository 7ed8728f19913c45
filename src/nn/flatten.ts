import type { Tensor } from "../core/tensor.ts";
import { flatten } from "../ops/movement.ts";
import type { FlattenShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** Joins the axes from `startAxis` (default 1, so the batch stays) to `endAxis` (default the last) into one. */
export class Flatten<const Start extends number = 1, const End extends number = -1> extends Module {
  declare readonly "~shape": FlattenShape<Start, End>;
  readonly startAxis: number;
  readonly endAxis: number;

  constructor(startAxis?: Start, endAxis?: End) {
    super();
    this.startAxis = startAxis ?? 1;
    this.endAxis = endAxis ?? -1;
  }

  override forward(x: Tensor): Tensor {
    return flatten(x, this.startAxis, this.endAxis);
  }

  protected override settings(): string {
    if (this.endAxis !== -1) return showArguments(this.startAxis, this.endAxis);
    return this.startAxis === 1 ? "" : showArguments(this.startAxis);
  }
}
