import { ArgumentError } from "../../core/errors.ts";

/** A Gaussian profile around a circle, with the angular frequencies that it may carry. */
export interface Ring {
  /** In pixels. */
  readonly radius: number;
  /** Standard deviation of the profile exp(−(r − radius)²/(2σ²)), in pixels. */
  readonly sigma: number;
  /** Harmonics cos kφ and sin kφ with k up to this are used; more would alias between the pixels. */
  readonly maxFrequency: number;
}

export type RingsOf = (kernelSize: number) => readonly Ring[];

/**
 * Circles around the centre at whole radii up to the border of a kernel, with σ = 0.6, at the border 0.4, and frequencies
 * up to 2·radius, one less at even radii, and at the border 2.
 *
 * These are the radii, widths and limits of the authors' library, but for the ring at the centre, which there is one
 * pixel. Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), section 2.8.
 */
export function usualRings(kernelSize: number): readonly Ring[] {
  const count = Math.ceil(kernelSize / 2);
  return Array.from({ length: count }, (_, radius): Ring => {
    const isLast = radius === count - 1;
    const limit = isLast ? 2 : 2 * radius - (radius % 2 === 0 ? 1 : 0);
    return {
      radius,
      sigma: isLast && radius > 0 ? 0.4 : 0.6,
      maxFrequency: radius === 0 ? 0 : Math.min(2 * radius, limit),
    };
  });
}

/**
 * The rings of {@link usualRings} that lie inside of a kernel with their tails, all with σ = 0.6: fewer weights (6 instead
 * of 11 a field for 5×5 pixels), and a third or less of what sampling loses. Kernels of 3 pixels keep the ring at the
 * border, with frequency 1.
 */
export function innerRings(kernelSize: number): readonly Ring[] {
  if (kernelSize < 5) {
    return usualRings(kernelSize).map((ring) => ({
      ...ring,
      sigma: 0.6,
      maxFrequency: Math.min(1, ring.maxFrequency),
    }));
  }
  return usualRings(kernelSize + 2).slice(0, Math.ceil(kernelSize / 2) - 1);
}

/**
 * The value of a ring's harmonic at a point: `part` 0 is the cosine and 1 the sine; at the centre, where the angle is
 * none, all but the constant are 0.
 */
export function harmonicAt(ring: Ring, frequency: number, part: number, x: number, y: number): number {
  const r = Math.hypot(x, y);
  const profile = Math.exp(-0.5 * ((r - ring.radius) / ring.sigma) ** 2);
  if (frequency === 0) return profile;
  if (r === 0) return 0;
  const angle = frequency * Math.atan2(y, x);
  return profile * (part === 0 ? Math.cos(angle) : Math.sin(angle));
}

/** The centres of a kernel's taps in pixels, x to the right and y upwards, row by row from the top left. */
export function taps(kernelSize: number): readonly (readonly [x: number, y: number])[] {
  const centre = (kernelSize - 1) / 2;
  return Array.from({ length: kernelSize ** 2 }, (_, i) => [
    (i % kernelSize) - centre,
    centre - Math.floor(i / kernelSize),
  ]);
}

/** Below this part of its length a sampled harmonic is a combination of those before it. */
const independent = 1e-3;

/**
 * Refuses rings whose harmonics are linearly dependent where the kernel is sampled.
 *
 * @throws ArgumentError that names the first ring and frequency which a smaller kernel can no longer tell apart.
 */
export function requireIndependent(rings: readonly Ring[], kernelSize: number): void {
  const points = taps(kernelSize);
  const basis: Float64Array[] = [];
  const byFrequency = rings
    .flatMap((ring) =>
      Array.from({ length: 2 * ring.maxFrequency + 1 }, (_, i) => ({
        ring,
        frequency: Math.ceil(i / 2),
        part: i % 2 === 1 ? 0 : i === 0 ? 0 : 1,
      })),
    )
    .sort((a, b) => a.frequency - b.frequency);
  for (const { ring, frequency, part } of byFrequency) {
    const sampled = Float64Array.from(points, ([x, y]) => harmonicAt(ring, frequency, part, x, y));
    const length = Math.hypot(...sampled);
    for (const other of [...basis, ...basis]) {
      const along = sampled.reduce((sum, value, i) => sum + value * other[i]!, 0);
      for (let i = 0; i < sampled.length; i++) sampled[i]! -= along * other[i]!;
    }
    const left = Math.hypot(...sampled);
    if (!(left > independent * length && left > independent)) {
      throw new ArgumentError(
        `frequency ${frequency} on the ring of radius ${ring.radius} is not to be told from others on a kernel of ` +
          `${kernelSize}×${kernelSize} pixels: lower its maxFrequency, or take fewer rings or a larger kernel`,
      );
    }
    basis.push(sampled.map((value) => value / left));
  }
}
