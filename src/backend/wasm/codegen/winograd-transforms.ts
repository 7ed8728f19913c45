import type { VectorCode, Vectors } from "./vector-code.ts";

/*
 * The transforms of Winograd's minimal filtering F(m × m, 3 × 3) in the form of Lavin & Gray (2016, arXiv:1509.09308):
 *
 *   Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A,  summed over input channels before the outer transform
 *
 * for output tiles of m × m, filters g of 3 × 3 and input patches d of (m + 2) × (m + 2).
 */

/** One dimension of a transform. */
interface Transform {
  readonly factors: readonly number[];
  apply(code: VectorCode, x: readonly Vectors[]): readonly Vectors[];
}

export interface Winograd {
  /** Bᵀ on patches, Aᵀ on products, G on filters. */
  readonly input: Transform;
  readonly output: Transform;
  readonly filter: Transform;
  /** A on the outputs' gradient, Gᵀ on sums for the filters' gradient. */
  readonly gradient: Transform;
  readonly filterGradient: Transform;
}

/** By the extent m of an output tile. */
export const winograd: Readonly<Record<2 | 4, Winograd>> = {
  2: {
    input: {
      factors: [],
      apply: (code, [d0, d1, d2, d3]) => [
        code.sub(d0!, d2!),
        code.add(d1!, d2!),
        code.sub(d2!, d1!),
        code.sub(d1!, d3!),
      ],
    },
    output: {
      factors: [],
      apply: (code, [m0, m1, m2, m3]) => {
        const [sum, difference] = [code.add(m1!, m2!), code.sub(m1!, m2!)];
        const results = [code.add(m0!, sum), code.sub(difference, m3!)];
        code.free(sum, difference);
        return results;
      },
    },
    filter: {
      factors: [0.5, 1],
      apply: (code, [g0, g1, g2]) => {
        const ends = code.add(g0!, g2!);
        const [plus, minus] = [code.add(ends, g1!), code.sub(ends, g1!)];
        const results = [
          code.times(g0!, 1),
          code.times(plus, 0.5),
          code.times(minus, 0.5),
          code.times(g2!, 1),
        ];
        code.free(ends, plus, minus);
        return results;
      },
    },
    gradient: {
      factors: [1, -1],
      apply: (code, [y0, y1]) => [
        code.times(y0!, 1),
        code.add(y0!, y1!),
        code.sub(y0!, y1!),
        code.times(y1!, -1),
      ],
    },
    filterGradient: {
      factors: [0.5],
      apply: (code, [m0, m1, m2, m3]) => {
        const [sum, difference] = [code.add(m1!, m2!), code.sub(m1!, m2!)];
        const results = [
          code.addTimes(m0!, sum, 0.5),
          code.times(difference, 0.5),
          code.addTimes(m3!, sum, 0.5),
        ];
        code.free(sum, difference);
        return results;
      },
    },
  },
  4: {
    input: {
      factors: [2, -4, -5, 4],
      apply: (code, [d0, d1, d2, d3, d4, d5]) => {
        const p = code.addTimes(d4!, d2!, -4);
        const q = code.addTimes(d3!, d1!, -4);
        const r = code.sub(d4!, d2!);
        const s = code.sub(d3!, d1!);
        const twice = code.times(s, 2);
        const [first, last] = [code.addTimes(d4!, d0!, 4), code.addTimes(d5!, d1!, 4)];
        const results = [
          code.addTimes(first, d2!, -5),
          code.add(p, q),
          code.sub(p, q),
          code.add(r, twice),
          code.sub(r, twice),
          code.addTimes(last, d3!, -5),
        ];
        code.free(p, q, r, s, twice, first, last);
        return results;
      },
    },
    output: {
      factors: [2, 4, 8],
      apply: (code, [m0, m1, m2, m3, m4, m5]) => {
        const [s, t] = [code.add(m1!, m2!), code.sub(m1!, m2!)];
        const [u, v] = [code.add(m3!, m4!), code.sub(m3!, m4!)];
        const [head, tail] = [code.add(m0!, s), code.add(t, m5!)];
        const results = [
          code.add(head, u),
          code.addTimes(t, v, 2),
          code.addTimes(s, u, 4),
          code.addTimes(tail, v, 8),
        ];
        code.free(s, t, u, v, head, tail);
        return results;
      },
    },
    filter: {
      factors: [1, 1 / 4, -1 / 6, 1 / 24, 1 / 12, 1 / 6],
      apply: (code, [g0, g1, g2]) => {
        const ends = code.add(g0!, g2!);
        const [plus, minus] = [code.add(ends, g1!), code.sub(ends, g1!)];
        const even = code.addTimes(code.times(g0!, 1 / 24), g2!, 1 / 6);
        const odd = code.times(g1!, 1 / 12);
        const results = [
          code.times(g0!, 1 / 4),
          code.times(plus, -1 / 6),
          code.times(minus, -1 / 6),
          code.add(even, odd),
          code.sub(even, odd),
          code.times(g2!, 1),
        ];
        code.free(ends, plus, minus, even, odd);
        return results;
      },
    },
    gradient: {
      factors: [1, 2, 4],
      apply: (code, [y0, y1, y2, y3]) => {
        const [even, odd] = [code.add(y0!, y2!), code.add(y1!, y3!)];
        const far = code.addTimes(y0!, y2!, 4);
        const half = code.addTimes(y1!, y3!, 4);
        const twice = code.times(half, 2);
        const results = [
          code.times(y0!, 1),
          code.add(even, odd),
          code.sub(even, odd),
          code.add(far, twice),
          code.sub(far, twice),
          code.times(y3!, 1),
        ];
        code.free(even, odd, far, half, twice);
        return results;
      },
    },
    filterGradient: {
      factors: [1 / 4, -1 / 6, 1 / 24, 1 / 12, 1 / 6],
      apply: (code, [m0, m1, m2, m3, m4, m5]) => {
        const [s, t] = [code.add(m1!, m2!), code.sub(m2!, m1!)];
        const [u, v] = [code.add(m3!, m4!), code.sub(m3!, m4!)];
        const first = code.addTimes(code.times(m0!, 1 / 4), s, -1 / 6);
        const last = code.addTimes(m5!, s, -1 / 6);
        const results = [
          code.addTimes(first, u, 1 / 24),
          code.addTimes(code.times(t, 1 / 6), v, 1 / 12),
          code.addTimes(last, u, 1 / 6),
        ];
        code.free(s, t, u, v, first, last);
        return results;
      },
    },
  },
};

/** Applies a transform to the columns and then to the rows of a square of values, which are made when needed. */
export function onBothSides(
  code: VectorCode,
  transform: Transform,
  size: number,
  valueAt: (i: number, j: number) => Vectors,
): Vectors[][] {
  const apply = (line: readonly Vectors[]): readonly Vectors[] => {
    const result = transform.apply(code, line);
    code.free(...line);
    return result;
  };
  const indices = Array.from({ length: size }, (_, i) => i);
  const columns = indices.map((j) => apply(indices.map((i) => valueAt(i, j))));
  return columns[0]!.map((_, i) => [...apply(columns.map((column) => column[i]!))]);
}
