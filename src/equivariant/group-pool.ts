import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { Module } from "../nn/module.ts";
import { reshape } from "../ops/movement.ts";
import { max, mean } from "../ops/reduce.ts";
import type { Group } from "./group.ts";

/** What poolings over the group share: [N, C·|G|, …] → [N, C, …], images or vectors that are invariant to the group. */
abstract class GroupPooling extends Module {
  readonly group: Group;

  constructor(group: Group) {
    super();
    this.group = group;
  }

  protected abstract reduce(x: Tensor): Tensor;

  override forward(x: Tensor): Tensor {
    const { order, name } = this.group;
    const [batch, channels, ...space] = x.shape;
    if (x.rank < 2 || channels! % order !== 0) {
      throw new ShapeError(
        this.constructor.name,
        `the channels are no whole number of fields on ${name}, which has ${order} elements`,
        { x: x.shape },
      );
    }
    return this.reduce(reshape(x, [batch!, channels! / order, order, ...space]));
  }

  protected override settings(): string {
    return this.group.name;
  }
}

/**
 * The largest value over the group: maxₕ f(p, h), [N, C·|G|, …] → [N, C, …].
 *
 * Cohen, Welling: Group Equivariant Convolutional Networks (2016), section 6.3.
 */
export class GroupMaxPool extends GroupPooling {
  protected override reduce(x: Tensor): Tensor {
    return max(x, 2);
  }
}

/** The mean over the group: Σₕ f(p, h) / |G|, [N, C·|G|, …] → [N, C, …]. */
export class GroupAvgPool extends GroupPooling {
  protected override reduce(x: Tensor): Tensor {
    return mean(x, 2);
  }
}
