import { ArgumentError, ShapeError } from "../../core/errors.ts";
import type { Group } from "../group.ts";
import {
  blockDiagonal,
  distance,
  identity,
  kronecker,
  type Matrix,
  product,
  trace,
  transposed,
} from "./matrix.ts";
import { cosets, embedding, sameGroup } from "./subgroup.ts";

/**
 * An orthogonal real representation of a group, as data: a matrix ρ(g) for each element with ρ(gh) = ρ(g)·ρ(h).
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), appendix on group representations.
 */
export interface Representation {
  readonly group: Group;
  /** What it is known by: two representations of a group with one name are one. */
  readonly name: string;
  /** Rows of the matrices: channels of a field that transforms so. */
  readonly size: number;
  /** One for each element of the group, row-major. */
  readonly matrices: readonly Matrix[];
  /** Whether all matrices permute the channels, so that what acts on each number alone commutes with them. */
  readonly isPermutation: boolean;
}

/** How far from exact the matrices of a representation may be that a program brings itself. */
const allowed = 1e-9;

/**
 * A representation by its matrices.
 *
 * @throws ShapeError if they are not one square matrix for each element; ArgumentError if they do not multiply as the
 * elements do, or are not orthogonal.
 */
export function representation(group: Group, name: string, matrices: readonly Matrix[]): Representation {
  const size = Math.sqrt(matrices[0]?.length ?? 0);
  if (
    matrices.length !== group.order ||
    matrices.some(({ length }) => length !== size * size || length === 0)
  ) {
    throw new ShapeError("representation", `${name} needs ${group.order} square matrices of one size`, {
      given: matrices.map(({ length }) => length),
    });
  }
  for (const [a, row] of group.products.entries()) {
    for (const [b, ab] of row.entries()) {
      if (distance(product(matrices[a]!, matrices[b]!, size), matrices[ab]!) <= allowed) continue;
      throw new ArgumentError(
        `${name}: the matrices of elements ${a} and ${b} of ${group.name} do not multiply to that of ${ab}`,
      );
    }
    const gram = product(matrices[a]!, transposed(matrices[a]!, size), size);
    if (distance(gram, identity(size)) > allowed) {
      throw new ArgumentError(`${name}: the matrix of element ${a} of ${group.name} is not orthogonal`);
    }
  }
  return known(group, name, matrices);
}

/** A representation whose matrices are right by construction. */
export function known(group: Group, name: string, matrices: readonly Matrix[]): Representation {
  const size = Math.sqrt(matrices[0]!.length);
  // An orthogonal matrix of zeros and ones is a permutation's.
  const isPermutation = matrices.every((matrix) => matrix.every((entry) => entry === 0 || entry === 1));
  return { group, name, size, matrices, isPermutation };
}

/** ρ(g) = 1: what does not change. */
export function trivial(group: Group): Representation {
  return known(
    group,
    group.reflections ? "A1" : "A",
    group.elements.map(() => identity(1)),
  );
}

/** ρ(g) e_h = e_gh: the functions on the group, one channel for each element. */
export function regular(group: Group): Representation {
  return permutation(group, "regular", group.products);
}

/**
 * ρ(g) e_aH = e_gaH: the functions on the cosets of a subgroup, which are the functions on the group that do not change
 * under it. With the whole group it is trivial, with C1 regular.
 *
 * @throws ArgumentError if it is no subgroup.
 */
export function quotient(group: Group, subgroup: Group): Representation {
  const classes = cosets(group, subgroup);
  const classOf = new Map(classes.flatMap((coset, c) => coset.map((element) => [element, c] as const)));
  const images = group.products.map((row) => classes.map(([first]) => classOf.get(row[first!]!)!));
  return permutation(group, `${group.name}/${subgroup.name}`, images);
}

/** @param images images[g][c] is where element g takes channel c. */
function permutation(group: Group, name: string, images: readonly (readonly number[])[]): Representation {
  const matrices = images.map((row) => {
    const matrix = new Float64Array(row.length ** 2);
    for (const [from, to] of row.entries()) matrix[to * row.length + from] = 1;
    return matrix;
  });
  return known(group, name, matrices);
}

/**
 * (ρ₁ ⊕ ρ₂ ⊕ …)(g): the channels of all, one after the other.
 *
 * @throws ArgumentError for none, or for representations of different groups.
 */
export function directSum(...parts: readonly Representation[]): Representation {
  const group = requireOneGroup("directSum", parts);
  const sizes = parts.map(({ size }) => size);
  const matrices = group.elements.map((_, g) =>
    blockDiagonal(
      parts.map(({ matrices }) => matrices[g]!),
      sizes,
    ),
  );
  return known(group, parts.map(({ name }) => name).join("⊕"), matrices);
}

/** (ρ₁ ⊗ ρ₂)(g): channel (i, k) is i·size₂ + k. @throws ArgumentError for representations of different groups. */
export function tensorProduct(a: Representation, b: Representation): Representation {
  const group = requireOneGroup("tensorProduct", [a, b]);
  const matrices = group.elements.map((_, g) => kronecker(a.matrices[g]!, a.size, b.matrices[g]!, b.size));
  return known(group, `(${a.name})⊗(${b.name})`, matrices);
}

/** The same matrices for the elements of a subgroup only. @throws ArgumentError if it is no subgroup. */
export function restrict(rep: Representation, subgroup: Group): Representation {
  const matrices = embedding(subgroup, rep.group).map((g) => rep.matrices[g]!);
  return known(subgroup, `${rep.name} of ${rep.group.name}`, matrices);
}

/** χ(g) = tr ρ(g), which tells representations apart up to a change of basis. */
export function character(rep: Representation): readonly number[] {
  return rep.matrices.map((matrix) => trace(matrix, rep.size));
}

/** ⟨χ₁, χ₂⟩ = Σ χ₁(g)·χ₂(g) / |G|: the dimension of the space of linear maps that commute with the group. */
export function characterProduct(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, g) => sum + value * b[g]!, 0) / a.length;
}

/** The group of all of them. @throws ArgumentError for none, or for more than one group. */
export function requireOneGroup(what: string, parts: readonly { readonly group: Group }[]): Group {
  const [first, ...others] = parts;
  if (!first) throw new ArgumentError(`${what} needs at least one representation`);
  const other = others.find(({ group }) => !sameGroup(group, first.group));
  if (!other) return first.group;
  throw new ArgumentError(
    `${what}: representations of ${first.group.name} and of ${other.group.name} do not mix`,
  );
}
