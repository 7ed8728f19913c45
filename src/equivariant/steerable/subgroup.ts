import { ArgumentError } from "../../core/errors.ts";
import type { Group } from "../group.ts";

/**
 * Where the elements of a subgroup stand in the group: C_M or D_M in C_N or D_N for M that divides N, with the same
 * reflection.
 *
 * @throws ArgumentError if the one is no subgroup of the other.
 */
export function embedding(subgroup: Group, group: Group): readonly number[] {
  const step = group.rotations / subgroup.rotations;
  if (!Number.isInteger(step) || (subgroup.reflections && !group.reflections)) {
    throw new ArgumentError(`${subgroup.name} is no subgroup of ${group.name}`);
  }
  return subgroup.elements.map(
    ({ rotation, reflected }) => rotation * step + (reflected ? group.rotations : 0),
  );
}

/** The left cosets gH of a subgroup, each by its elements; the subgroup's own is the first. */
export function cosets(group: Group, subgroup: Group): readonly (readonly number[])[] {
  const inside = embedding(subgroup, group);
  const seen = new Set<number>();
  const found: (readonly number[])[] = [];
  for (let g = 0; g < group.order; g++) {
    if (seen.has(g)) continue;
    const coset = inside.map((h) => group.products[g]![h]!);
    for (const member of coset) seen.add(member);
    found.push(coset);
  }
  return found;
}

/** Whether two descriptions are of one group. */
export function sameGroup(a: Group, b: Group): boolean {
  return a.rotations === b.rotations && a.reflections === b.reflections;
}
