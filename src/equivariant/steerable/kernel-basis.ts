import { decompose, intertwiners } from "./decompose.ts";
import { harmonics, type Irrep } from "./irreps.ts";
import { type Matrix, product, transposed } from "./matrix.ts";
import { type Representation, tensorProduct } from "./representation.ts";
import { harmonicAt, type Ring, type RingsOf, requireIndependent, taps, usualRings } from "./rings.ts";

/** One kernel K(x) = Σ over parts of C[part]·harmonic(part, x), which satisfies the constraint of the basis. */
export interface BasisKernel {
  readonly ring: Ring;
  readonly frequency: number;
  /** One [out, in] matrix for the cosine and one for the sine; of frequency 0 one alone. */
  readonly parts: readonly Matrix[];
}

/**
 * A basis of the kernels K: R² → R^(out×in) with K(g x) = ρ_out(g)·K(x)·ρ_in(g)⁻¹ for all elements g: exactly those whose
 * convolutions map fields of the one type to fields of the other.
 *
 * On a circle K is a sum of harmonics Y_k(φ), and Y_k(gφ) = ρ_k(g)·Y_k(φ). So its coefficients are the linear maps that
 * commute with the group, from ρ_k to ρ_out ⊗ ρ_in: they are found for pairs of irreducible parts, and brought into the
 * representations' own bases.
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), sections 2.4 and 2.5.
 */
export function steerableBasis(
  input: Representation,
  output: Representation,
  rings: readonly Ring[],
): readonly BasisKernel[] {
  const [from, to] = [decompose(input), decompose(output)];
  const highest = Math.max(...rings.map(({ maxFrequency }) => maxFrequency));
  const basis: BasisKernel[] = [];
  for (let frequency = 0; frequency <= highest; frequency++) {
    const carrying = rings.filter(({ maxFrequency }) => maxFrequency >= frequency);
    for (const out of to.components) {
      for (const into of from.components) {
        for (const solution of solutions(into.irrep, out.irrep, frequency)) {
          const parts = solution.map((part) =>
            product(
              product(columns(to.basis, output.size, out), part, out.irrep.size),
              transposed(columns(from.basis, input.size, into), into.irrep.size),
              into.irrep.size,
            ),
          );
          for (const ring of carrying) basis.push({ ring, frequency, parts });
        }
      }
    }
  }
  return basis;
}

const solved = new Map<string, readonly (readonly Matrix[])[]>();

/** The constraint's solutions for irreducible representations, each a matrix [out, in] for the cosine and the sine. */
function solutions(input: Irrep, output: Irrep, frequency: number): readonly (readonly Matrix[])[] {
  const key = `${input.group.name} ${input.name} ${output.name} ${frequency}`;
  const known = solved.get(key);
  if (known) return known;
  const from = harmonics(input.group, frequency);
  const found = intertwiners(from, tensorProduct(output, input)).map((map) => {
    const rows = transposed(map, from.size);
    const length = rows.length / from.size;
    return Array.from({ length: from.size }, (_, part) => rows.slice(part * length, (part + 1) * length));
  });
  solved.set(key, found);
  return found;
}

/** The columns of a change of basis that belong to one component, [size, irrep.size]. */
function columns(basis: Matrix, size: number, { irrep, offset }: { irrep: Irrep; offset: number }): Matrix {
  return Float64Array.from({ length: size * irrep.size }, (_, i) => {
    const row = Math.floor(i / irrep.size);
    return basis[row * size + offset + (i % irrep.size)]!;
  });
}

/** The value of a kernel at a point, [out, in]; x to the right and y upwards, in pixels. */
export function kernelAt({ ring, frequency, parts }: BasisKernel, x: number, y: number): Matrix {
  const sum = new Float64Array(parts[0]!.length);
  for (const [part, matrix] of parts.entries()) {
    const value = harmonicAt(ring, frequency, part, x, y);
    for (let i = 0; i < sum.length; i++) sum[i]! += matrix[i]! * value;
  }
  return sum;
}

/** A basis on the pixels of a kernel. */
export interface SampledBasis {
  readonly count: number;
  /** [count, out, in, kernelSize, kernelSize]; the squares of each kernel's elements add up to `out`. */
  readonly values: Float64Array;
}

const sampled = new Map<string, SampledBasis>();
/** Bases are shared between layers of one shape; more than this many are not kept. */
const kept = 64;

/**
 * The basis of {@link steerableBasis} sampled at the pixels of a square kernel and scaled, so that a white input of
 * variance 1 gives outputs of mean variance 1 through each kernel.
 *
 * @throws ArgumentError if the kernel is too small for the rings' frequencies.
 */
export function sampleBasis(
  input: Representation,
  output: Representation,
  kernelSize: number,
  ringsOf: RingsOf = usualRings,
): SampledBasis {
  const rings = ringsOf(kernelSize);
  const key = JSON.stringify([input.group.name, input.name, output.name, kernelSize, rings]);
  const known = sampled.get(key);
  if (known) return known;
  requireIndependent(rings, kernelSize);
  const basis = steerableBasis(input, output, rings);
  const points = taps(kernelSize);
  const length = output.size * input.size * points.length;
  const values = new Float64Array(basis.length * length);
  for (const [b, kernel] of basis.entries()) {
    const into = values.subarray(b * length, (b + 1) * length);
    for (const [at, [x, y]] of points.entries()) {
      const matrix = kernelAt(kernel, x, y);
      for (let i = 0; i < matrix.length; i++) into[i * points.length + at] = matrix[i]!;
    }
    const scale = Math.sqrt(output.size / into.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < length; i++) into[i]! *= scale;
  }
  const found = { count: basis.length, values };
  if (sampled.size >= kept) sampled.delete(sampled.keys().next().value!);
  sampled.set(key, found);
  return found;
}
