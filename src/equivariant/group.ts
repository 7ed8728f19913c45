import { ArgumentError } from "../core/errors.ts";

/** One symmetry of the plane about a fixed point: turned by `rotation` N-ths of a full turn after a reflection, or none. */
export interface GroupElement {
  /** In [0, N); counter-clockwise as seen on the screen. */
  readonly rotation: number;
  /** Whether left and right are exchanged first. */
  readonly reflected: boolean;
}

/**
 * A finite group of rotations and reflections of the plane, as data: the point group of a planar symmetry group.
 *
 * Cₙ are the n rotations, Dₙ those and the n reflections. With the shifts of the grid, C₁ gives the group Z² of ordinary
 * convolution, C₄ gives p4, and D₄ gives p4m (Cohen & Welling, 2016, section 4).
 */
export interface Group {
  /** `C4`, `D4`, … */
  readonly name: string;
  /** n: the rotations are those by multiples of 360° / n. */
  readonly rotations: number;
  readonly reflections: boolean;
  readonly order: number;
  /** The identity is element 0; the pure rotations come first, then the reflected ones. */
  readonly elements: readonly GroupElement[];
  /** products[a][b] is the index of a·b: b is applied first. */
  readonly products: readonly (readonly number[])[];
  readonly inverses: readonly number[];
}

/** The group Cₙ of n rotations. @throws ArgumentError if n is no positive integer. */
export function cyclicGroup(n: number): Group {
  return makeGroup(n, false);
}

/** The group Dₙ of n rotations and n reflections. @throws ArgumentError if n is no positive integer. */
export function dihedralGroup(n: number): Group {
  return makeGroup(n, true);
}

function makeGroup(n: number, reflections: boolean): Group {
  const name = `${reflections ? "D" : "C"}${n}`;
  if (!Number.isSafeInteger(n) || n < 1 || n > 360) {
    throw new ArgumentError(
      `a group of rotations needs an integer from 1 to 360 of them, but ${name} has ${n}`,
    );
  }
  const halves = reflections ? [false, true] : [false];
  const elements = halves.flatMap((reflected) =>
    Array.from({ length: n }, (_, rotation): GroupElement => ({ rotation, reflected })),
  );
  const indexOf = ({ rotation, reflected }: GroupElement): number =>
    (((rotation % n) + n) % n) + (reflected ? n : 0);
  const products = elements.map((a) => elements.map((b) => indexOf(multiply(a, b))));
  const inverses = products.map((row) => row.indexOf(0));
  return { name, rotations: n, reflections, order: elements.length, elements, products, inverses };
}

/** Rᵃ Fᵐ · Rᵇ Fᵏ = Rᵃ⁺ᵇ Fᵐ⁺ᵏ, or Rᵃ⁻ᵇ Fᵐ⁺ᵏ behind a reflection, since F R = R⁻¹ F. */
function multiply(a: GroupElement, b: GroupElement): GroupElement {
  const rotation = a.rotation + (a.reflected ? -b.rotation : b.rotation);
  return { rotation, reflected: a.reflected !== b.reflected };
}

/**
 * An element as the matrix [[a, b], [c, d]] on points (x to the right, y upwards), in row-major order.
 *
 * Multiples of 90° have entries of exactly 0 and ±1.
 */
export function elementMatrix(
  { rotations }: Group,
  { rotation, reflected }: GroupElement,
): readonly [a: number, b: number, c: number, d: number] {
  const [cos, sin] = cosSin(rotation, rotations);
  // The reflection x → −x comes first, so it changes the first column's sign.
  return reflected ? [-cos, -sin, -sin, cos] : [cos, -sin, sin, cos];
}

/** Cosine and sine of `k` n-ths of a full turn. */
function cosSin(k: number, n: number): readonly [cos: number, sin: number] {
  const quarters = (4 * k) / n;
  if (Number.isInteger(quarters)) {
    const cosines = [1, 0, -1, 0] as const;
    return [cosines[quarters % 4]!, cosines[(quarters + 3) % 4]!];
  }
  const angle = (2 * Math.PI * k) / n;
  return [Math.cos(angle), Math.sin(angle)];
}
