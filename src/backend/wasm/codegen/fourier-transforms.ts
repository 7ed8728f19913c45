import type { StraightLine, Value } from "./straight-line.ts";

/*
 * Fast Fourier transforms by decimation in time (Cooley & Tukey, 1965), for extents that are powers of two, written down
 * as straight lines. A turn by up to an eighth of a circle is t ↦ cos · (1 + i tan) t, so a butterfly is six fused
 * multiply-adds (Linzer & Feig, 1993).
 */

export interface Complex {
  readonly re: Value;
  readonly im: Value;
}

/** −1 for the transform, 1 for its inverse without the division by the extent. */
export type Direction = -1 | 1;

/** (re + i im) · i^quarters. */
function turnedByQuarters(line: StraightLine, { re, im }: Complex, quarters: number): Complex {
  switch (((quarters % 4) + 4) % 4) {
    case 0:
      return { re, im };
    case 1:
      return { re: line.negated(im), im: re };
    case 2:
      return { re: line.negated(re), im: line.negated(im) };
    default:
      return { re: im, im: line.negated(re) };
  }
}

/** Even ± w · odd for w = e^(2πi · turn). */
function butterfly(line: StraightLine, even: Complex, odd: Complex, turn: number): [Complex, Complex] {
  const quarters = Math.round(4 * turn);
  const { re, im } = turnedByQuarters(line, odd, quarters);
  const angle = 2 * Math.PI * (turn - quarters / 4);
  const [cosine, tangent] = turn * 4 === quarters ? [1, 0] : [Math.cos(angle), Math.tan(angle)];
  const u = line.addTimes(re, im, -tangent);
  const v = line.addTimes(im, re, tangent);
  return [
    { re: line.addTimes(even.re, u, cosine), im: line.addTimes(even.im, v, cosine) },
    { re: line.addTimes(even.re, u, -cosine), im: line.addTimes(even.im, v, -cosine) },
  ];
}

/** Σ_j x[j] e^(± 2πi jk / n) for all k. */
export function complexTransform(line: StraightLine, x: readonly Complex[], direction: Direction): Complex[] {
  const n = x.length;
  if (n === 1) return [...x];
  const even = complexTransform(
    line,
    x.filter((_, j) => j % 2 === 0),
    direction,
  );
  const odd = complexTransform(
    line,
    x.filter((_, j) => j % 2 === 1),
    direction,
  );
  const pairs = even.map((value, k) => butterfly(line, value, odd[k]!, (direction * k) / n));
  return [...pairs.map(([low]) => low), ...pairs.map(([, high]) => high)];
}

/** The same for real x and k ≤ n / 2; the first and the last are real. */
export function realTransform(line: StraightLine, x: readonly Value[]): Complex[] {
  const n = x.length;
  if (n === 1) return [{ re: x[0], im: undefined }];
  const even = realTransform(
    line,
    x.filter((_, j) => j % 2 === 0),
  );
  const odd = realTransform(
    line,
    x.filter((_, j) => j % 2 === 1),
  );
  const result: Complex[] = [];
  for (let k = 0; k <= n / 4; k++) {
    const [low, high] = butterfly(line, even[k]!, odd[k]!, -k / n);
    result[k] = low;
    // X[n / 2 − k] is the conjugate of even[k] − w · odd[k].
    if (k < n / 4) result[n / 2 - k] = { re: high.re, im: line.negated(high.im) };
  }
  return result;
}

/** Σ_k X[k] e^(2πi jk / n) over all n frequencies, of which X has the first half and the middle: real for all j. */
export function realInverse(line: StraightLine, spectrum: readonly Complex[]): Value[] {
  const last = spectrum.length - 1;
  if (last === 0) return [spectrum[0]!.re];
  const n = 2 * last;
  const even: Complex[] = [];
  const odd: Complex[] = [];
  for (let k = 0; k <= last / 2; k++) {
    const [a, b] = [spectrum[k]!, spectrum[last - k]!];
    // Those of opposite frequencies are conjugates, so in the middle nothing is left of one part.
    const own = k === last - k;
    even.push({
      re: own ? line.times(a.re, 2) : line.add(a.re, b.re),
      im: own ? undefined : line.sub(a.im, b.im),
    });
    const difference = {
      re: own ? undefined : line.sub(a.re, b.re),
      im: own ? line.times(a.im, 2) : line.add(a.im, b.im),
    };
    odd.push(times(line, difference, k / n));
  }
  const [x, y] = [realInverse(line, even), realInverse(line, odd)];
  return Array.from({ length: n }, (_, j) => (j % 2 === 0 ? x[j / 2] : y[(j - 1) / 2]));
}

/** a · e^(2πi · turn). */
function times(line: StraightLine, a: Complex, turn: number): Complex {
  const quarters = Math.round(4 * turn);
  const { re, im } = turnedByQuarters(line, a, quarters);
  if (4 * turn === quarters) return { re, im };
  const angle = 2 * Math.PI * (turn - quarters / 4);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return {
    re: line.addTimes(line.times(re, cosine), im, -sine),
    im: line.addTimes(line.times(im, cosine), re, sine),
  };
}
