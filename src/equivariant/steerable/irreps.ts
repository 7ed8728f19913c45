import { ArgumentError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { elementMatrix, type Group } from "../group.ts";
import { known, type Representation } from "./representation.ts";

/** A representation without a smaller one inside, over the real numbers. */
export interface Irrep extends Representation {
  /** It turns by this many times the angle of the plane. */
  readonly frequency: number;
  /**
   * The dimension of the space of matrices that commute with it: 1 (real type), or 2 where these are the complex numbers
   * (complex type), as for the plane's rotations without reflections.
   */
  readonly commuting: 1 | 2;
}

const found = new Map<string, readonly Irrep[]>();

/**
 * All irreducible real representations, by rising frequency, named by Mulliken's symbols: A of frequency 0, B of
 * frequency N/2 (for even N), and the two-dimensional E1, E2, …, rotations by 1, 2, … times the angle. In D_N, A1 and B1
 * do not change under the reflection x → −x, and A2 and B2 change sign.
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), appendix on the irreps of O(2) and its subgroups.
 */
export function irreps(group: Group): readonly Irrep[] {
  const list = found.get(group.name) ?? findIrreps(group);
  found.set(group.name, list);
  return list;
}

function findIrreps(group: Group): Irrep[] {
  const { rotations, reflections } = group;
  const list: Irrep[] = [];
  for (let frequency = 0; 2 * frequency <= rotations; frequency++) {
    if (frequency > 0 && 2 * frequency < rotations) {
      const turning = harmonics(group, frequency);
      list.push({ ...turning, name: `E${frequency}`, frequency, commuting: reflections ? 1 : 2 });
      continue;
    }
    for (const [i, sign] of (reflections ? [1, -1] : [1]).entries()) {
      const matrices = group.elements.map(({ rotation, reflected }) =>
        Float64Array.of((frequency > 0 && rotation % 2 === 1 ? -1 : 1) * (reflected ? sign : 1)),
      );
      const name = `${frequency > 0 ? "B" : "A"}${reflections ? i + 1 : ""}`;
      list.push({ ...known(group, name, matrices), frequency, commuting: 1 });
    }
  }
  return list;
}

/** The irreducible representation of a name. @throws ArgumentError that lists the names there are. */
export function irrep(group: Group, name: string): Irrep {
  const list = irreps(group);
  const irrep = list.find((each) => each.name === name);
  if (irrep) return irrep;
  const names = list.map((each) => each.name);
  throw new ArgumentError(
    `${group.name} has no irreducible representation "${name}"${suggestion(name, names)}: there are ${names.join(", ")}`,
  );
}

/**
 * How the circular harmonics Y(φ) = [cos kφ, sin kφ] (for k = 0 the constant) transform: Y(g φ) = ρ(g)·Y(φ).
 *
 * It is irreducible unless 2k is a multiple of N.
 */
export function harmonics(group: Group, frequency: number): Representation {
  const name = `harmonics ${frequency}`;
  if (frequency === 0)
    return known(
      group,
      name,
      group.elements.map(() => Float64Array.of(1)),
    );
  // φ → π − φ takes cos kφ to (−1)ᵏ cos kφ, and sin kφ to −(−1)ᵏ sin kφ.
  const even = frequency % 2 === 0 ? 1 : -1;
  const matrices = group.elements.map(({ rotation, reflected }) => {
    const turned = { rotation: (frequency * rotation) % group.rotations, reflected: false };
    const [a, b, c, d] = elementMatrix(group, turned);
    return reflected
      ? Float64Array.of(even * a, -even * b, even * c, -even * d)
      : Float64Array.of(a, b, c, d);
  });
  return known(group, name, matrices);
}
