import type { Tensor } from "../core/tensor.ts";
import { Module } from "../nn/module.ts";
import { take } from "../ops/gather.ts";
import { reshape } from "../ops/movement.ts";
import { max } from "../ops/reduce.ts";
import { fieldChannels } from "./grid-action.ts";
import type { Group } from "./group.ts";
import { cosets } from "./steerable/subgroup.ts";

/**
 * The largest value over each coset g H of a subgroup: [N, C·|G|, H, W] → [N, C·|G|/|H|, H, W], a map on G/H.
 *
 * With H = G it is the pooling over the whole group.
 *
 * Cohen, Welling: Group Equivariant Convolutional Networks (2016), section 6.3.
 *
 * @throws ArgumentError if the one is no subgroup of the other.
 */
export class CosetMaxPool extends Module {
  readonly group: Group;
  readonly subgroup: Group;
  readonly #cosets: readonly (readonly number[])[];

  constructor(group: Group, subgroup: Group) {
    super();
    this.group = group;
    this.subgroup = subgroup;
    this.#cosets = cosets(group, subgroup);
  }

  override forward(x: Tensor): Tensor {
    const channels = fieldChannels("CosetMaxPool", x, this.group);
    const [batch, , ...space] = x.shape;
    const split = reshape(x, [batch!, channels, this.group.order, ...space]);
    const count = this.#cosets.length;
    const sorted = take(split, this.#cosets.flat(), 2);
    const pooled = max(reshape(sorted, [batch!, channels, count, this.subgroup.order, ...space]), 3);
    return reshape(pooled, [batch!, channels * count, ...space]);
  }

  protected override settings(): string {
    return `${this.group.name}, ${this.subgroup.name}`;
  }
}
