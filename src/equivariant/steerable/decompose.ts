import { type Irrep, irreps } from "./irreps.ts";
import { dot, type Matrix, product, transposed } from "./matrix.ts";
import { character, characterProduct, type Representation } from "./representation.ts";

/** An irreducible representation inside another: it acts on the columns of the basis from `offset` on. */
export interface Component {
  readonly irrep: Irrep;
  readonly offset: number;
}

/** ρ(g) = Q · (⊕ ψᵢ(g)) · Qᵀ */
export interface Decomposition {
  readonly components: readonly Component[];
  /** Q, [size, size], orthogonal. */
  readonly basis: Matrix;
}

/** Below this squared length a projected matrix is rounding error. */
const negligible = 1e-6;

/**
 * An orthonormal basis of the linear maps T with ρ_to(g)·T = T·ρ_from(g), each [to.size, from.size].
 *
 * Averages of ρ_to(g)·E·ρ_from(g)ᵀ over the group span that space; its dimension is ⟨χ_to, χ_from⟩.
 */
export function intertwiners(from: Representation, to: Representation): Matrix[] {
  const dimension = Math.round(characterProduct(character(from), character(to)));
  const basis: Matrix[] = [];
  for (let i = 0; i < to.size && basis.length < dimension; i++) {
    for (let j = 0; j < from.size && basis.length < dimension; j++) {
      const average = averaged(from, to, i, j);
      // Twice, since once leaves the rounding errors of nearly dependent ones.
      for (const other of [...basis, ...basis]) subtract(average, other, dot(average, other));
      const squared = dot(average, average);
      if (squared > negligible) basis.push(average.map((entry) => entry / Math.sqrt(squared)));
    }
  }
  return basis;
}

/** The average of ρ_to(g)·Eᵢⱼ·ρ_from(g)ᵀ, where Eᵢⱼ has a single one. */
function averaged(from: Representation, to: Representation, i: number, j: number): Matrix {
  const { order } = from.group;
  const sum = new Float64Array(to.size * from.size);
  for (let g = 0; g < order; g++) {
    const [left, right] = [to.matrices[g]!, from.matrices[g]!];
    for (let row = 0; row < to.size; row++) {
      const factor = left[row * to.size + i]! / order;
      if (factor === 0) continue;
      for (let column = 0; column < from.size; column++) {
        sum[row * from.size + column]! += factor * right[column * from.size + j]!;
      }
    }
  }
  return sum;
}

function subtract(from: Matrix, other: Matrix, factor: number): void {
  for (let i = 0; i < from.length; i++) from[i]! -= factor * other[i]!;
}

const decompositions = new WeakMap<Representation, Decomposition>();

/**
 * Writes a representation as a sum of irreducible ones, with the change of basis.
 *
 * By Schur's lemma a map T from an irreducible ψ that commutes with the group has TᵀT = c·1, so that scaled maps whose
 * images are orthogonal are the columns of an orthogonal matrix.
 */
export function decompose(rep: Representation): Decomposition {
  const known = decompositions.get(rep);
  if (known) return known;
  const components: Component[] = [];
  const columns: Matrix[] = [];
  let offset = 0;
  for (const irrep of irreps(rep.group)) {
    for (const embedded of embeddings(irrep, rep)) {
      components.push({ irrep, offset });
      columns.push(transposed(embedded, irrep.size));
      offset += irrep.size;
    }
  }
  const rows = Float64Array.from(columns.flatMap((each) => [...each]));
  const found = { components, basis: transposed(rows, rep.size) };
  decompositions.set(rep, found);
  return found;
}

/** Maps T [size, irrep.size] with TᵀT = 1 that commute with the group and have orthogonal images: all there are. */
function embeddings(irrep: Irrep, rep: Representation): Matrix[] {
  const multiplicity = Math.round(characterProduct(character(irrep), character(rep)) / irrep.commuting);
  const maps: Matrix[] = [];
  for (const candidate of multiplicity === 0 ? [] : intertwiners(irrep, rep)) {
    if (maps.length === multiplicity) break;
    for (const map of [...maps, ...maps]) {
      const overlap = product(transposed(map, irrep.size), candidate, rep.size);
      subtract(candidate, product(map, overlap, irrep.size), 1);
    }
    const squared = dot(candidate, candidate) / irrep.size;
    if (squared > negligible) maps.push(candidate.map((entry) => entry / Math.sqrt(squared)));
  }
  return maps;
}
