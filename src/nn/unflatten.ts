import { ShapeError } from "../core/errors.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { reshape } from "../ops/movement.ts";
import type { UnflattenShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** [N, features] → [N, ...shape], the inverse of `Flatten`. */
export class Unflatten<const Target extends Shape = Shape> extends Module {
  declare readonly "~shape": UnflattenShape<Target>;
  readonly shape: Shape;

  constructor(shape: Target) {
    super();
    this.shape = shape;
  }

  override forward(x: Tensor): Tensor {
    const [batch, features] = x.shape;
    if (batch === undefined || x.rank !== 2 || features !== sizeOf(this.shape)) {
      throw new ShapeError("unflatten", `input is not [N, ${sizeOf(this.shape)}]`, {
        x: x.shape,
        to: this.shape,
      });
    }
    return reshape(x, [batch, ...this.shape]);
  }

  protected override settings(): string {
    return showArguments(this.shape);
  }
}
