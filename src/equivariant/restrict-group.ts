import type { Tensor } from "../core/tensor.ts";
import { Module } from "../nn/module.ts";
import { take } from "../ops/gather.ts";
import { reshape } from "../ops/movement.ts";
import { fieldChannels } from "./grid-action.ts";
import type { Group } from "./group.ts";
import { rightCosets } from "./subgroup.ts";

/**
 * Gives up part of a symmetry: C maps on G become C·|G|/|H| maps on its subgroup H, by a permutation of the channels.
 *
 * Layers for H can follow, for instance p4 after p4m where large parts of a picture are no mirror images of others.
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), section 2.7.
 *
 * @throws ArgumentError if the one is no subgroup of the other.
 */
export class RestrictGroup extends Module {
  readonly group: Group;
  readonly subgroup: Group;
  readonly #order: readonly number[];

  constructor(group: Group, subgroup: Group) {
    super();
    this.group = group;
    this.subgroup = subgroup;
    this.#order = rightCosets(group, subgroup).flat();
  }

  override forward(x: Tensor): Tensor {
    const channels = fieldChannels("RestrictGroup", x, this.group);
    const [batch, , ...space] = x.shape;
    const split = reshape(x, [batch!, channels, this.group.order, ...space]);
    return reshape(take(split, this.#order, 2), x.shape);
  }

  protected override settings(): string {
    return `${this.group.name}, ${this.subgroup.name}`;
  }
}
