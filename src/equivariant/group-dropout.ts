import type { Tensor } from "../core/tensor.ts";
import { DropLayer } from "../nn/drop-layer.ts";
import { reshape } from "../ops/movement.ts";
import { dropout2d, type RandomOptions } from "../ops/random.ts";
import { fieldChannels } from "./grid-action.ts";
import type { Group } from "./group.ts";

/** In training, each channel of a feature map on a group is dropped at all elements of the group together, or kept. */
export class GroupDropout extends DropLayer {
  readonly group: Group;

  /** @param p default ½. */
  constructor(group: Group, p = 0.5, random: RandomOptions = {}) {
    super("GroupDropout", p, random);
    this.group = group;
  }

  protected override drop(x: Tensor, p: number, random: RandomOptions): Tensor {
    const channels = fieldChannels("GroupDropout", x, this.group);
    const [batch, , ...space] = x.shape;
    const fields = reshape(x, [batch!, channels, this.group.order, ...space]);
    return reshape(dropout2d(fields, p, random), x.shape);
  }

  protected override settings(): string {
    return `${this.group.name}, ${this.p}`;
  }
}
