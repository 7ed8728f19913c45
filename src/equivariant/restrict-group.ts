import type { Tensor } from "../core/tensor.ts";
import { Module } from "../nn/module.ts";
import { take } from "../ops/gather.ts";
import { reshape } from "../ops/movement.ts";
import { fieldChannels } from "./grid-action.ts";
import type { Group } from "./group.ts";
import { cosets, embedding } from "./steerable/subgroup.ts";

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
    const inside = embedding(subgroup, group);
    // The inverses of the left cosets g H are the right cosets H g⁻¹, on each of which H acts as on itself.
    this.#order = cosets(group, subgroup).flatMap(([g]) =>
      inside.map((h) => group.products[h]![group.inverses[g!]!]!),
    );
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
