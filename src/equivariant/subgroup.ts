import { ArgumentError } from "../core/errors.ts";
import type { Group } from "./group.ts";

/**
 * The elements of a subgroup as elements of the group: entry h is the group's index of the subgroup's element h.
 *
 * Cₘ and Dₘ lie in Dₙ, and Cₘ in Cₙ, where m divides n; reflections keep their axis.
 *
 * @throws ArgumentError if the one does not lie in the other.
 */
export function subgroupElements(group: Group, subgroup: Group): readonly number[] {
  const step = group.rotations / subgroup.rotations;
  if (!Number.isInteger(step) || (subgroup.reflections && !group.reflections)) {
    throw new ArgumentError(`${subgroup.name} is no subgroup of ${group.name}`);
  }
  return subgroup.elements.map(
    ({ rotation, reflected }) => rotation * step + (reflected ? group.rotations : 0),
  );
}

/** The left cosets g H, each as the list of its elements g h in the order of H's; the first is H. */
export function leftCosets(group: Group, subgroup: Group): readonly (readonly number[])[] {
  return cosets(group, subgroup, (g, h) => group.products[g]![h]!);
}

/** The right cosets H g, each as the list of its elements h g in the order of H's; the first is H. */
export function rightCosets(group: Group, subgroup: Group): readonly (readonly number[])[] {
  return cosets(group, subgroup, (g, h) => group.products[h]![g]!);
}

function cosets(group: Group, subgroup: Group, product: (g: number, h: number) => number): number[][] {
  const inside = subgroupElements(group, subgroup);
  const seen = new Set<number>();
  const found: number[][] = [];
  for (let g = 0; g < group.order; g++) {
    if (seen.has(g)) continue;
    const coset = inside.map((h) => product(g, h));
    for (const element of coset) seen.add(element);
    found.push(coset);
  }
  return found;
}
