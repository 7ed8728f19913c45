import { ArgumentError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { cyclicGroup, dihedralGroup, type Group } from "./group.ts";

/** Names of planar symmetry groups, and the group of rotations and reflections that each has at a point of the grid. */
const wallpaperGroups: Readonly<Record<string, string>> = {
  z2: "C1",
  p1: "C1",
  p2: "C2",
  p4: "C4",
  pm: "D1",
  p2mm: "D2",
  pmm: "D2",
  p4m: "D4",
  p4mm: "D4",
};

/** The group of a name such as `p4m`, `Z2`, `C4` or `D8`. @throws ArgumentError that says which names there are. */
export function groupNamed(name: string): Group {
  const point = wallpaperGroups[name.toLowerCase()] ?? name.toUpperCase();
  const [, kind, rotations] = /^([CD])(\d+)$/.exec(point) ?? [];
  if (kind !== undefined) return (kind === "C" ? cyclicGroup : dihedralGroup)(Number(rotations));
  const names = Object.keys(wallpaperGroups);
  throw new ArgumentError(
    `there is no group "${name}"${suggestion(name, names)}; there are ${names.join(", ")}, and Cₙ and Dₙ such as C4 and D4`,
  );
}

/** An element in words: `identity`, `90°`, `mirror`, `mirror, 90°` (the mirroring comes first). */
export function elementName({ elements, rotations }: Group, g: number): string {
  const { rotation, reflected } = elements[g]!;
  const turn = rotation === 0 ? "" : `${Number(((360 * rotation) / rotations).toFixed(2))}°`;
  if (!reflected) return turn === "" ? "identity" : turn;
  return turn === "" ? "mirror" : `mirror, ${turn}`;
}
