import { describe, expect, test } from "vitest";
import { cyclicGroup, dihedralGroup, elementMatrix, type Group } from "../group.ts";
import { harmonics, irrep, irreps } from "./irreps.ts";
import { kernelAt, sampleBasis, steerableBasis } from "./kernel-basis.ts";
import { distance, product, transposed } from "./matrix.ts";
import {
  character,
  directSum,
  quotient,
  type Representation,
  regular,
  tensorProduct,
  trivial,
} from "./representation.ts";
import { innerRings, type Ring, usualRings } from "./rings.ts";

const close = 1e-12;
const ring = (radius: number, maxFrequency: number): Ring => ({ radius, sigma: 0.6, maxFrequency });

/** Pairs of representations of many kinds. */
function pairs(group: Group): (readonly [Representation, Representation])[] {
  const all = irreps(group);
  const [first, last] = [all[1] ?? all[0]!, all.at(-1)!];
  const mixed = directSum(last, trivial(group), first);
  const half = quotient(group, cyclicGroup(group.rotations % 2 === 0 ? 2 : 1));
  return [
    ...all.slice(0, 5).flatMap((a) => all.slice(1, 4).map((b) => [a, b] as const)),
    [trivial(group), regular(group)],
    [regular(group), regular(group)],
    [regular(group), half],
    [mixed, tensorProduct(first, last)],
  ];
}

const groups = [
  cyclicGroup(1),
  cyclicGroup(3),
  cyclicGroup(4),
  cyclicGroup(8),
  dihedralGroup(4),
  dihedralGroup(8),
];

describe.each(groups.map((group) => [group.name, group] as const))("%s", (_, group) => {
  test("K(g x) = ρ_out(g) K(x) ρ_in(g)⁻¹ at any point", () => {
    for (const [input, output] of pairs(group)) {
      for (const kernel of steerableBasis(input, output, [ring(0, 0), ring(1.3, 5)])) {
        for (const [x, y] of [
          [1.1, 0.4],
          [-0.3, 2.2],
          [0, 0],
        ] as const) {
          const value = kernelAt(kernel, x, y);
          for (const [g, element] of group.elements.entries()) {
            const [a, b, c, d] = elementMatrix(group, element);
            const moved = kernelAt(kernel, a * x + b * y, c * x + d * y);
            const inverse = transposed(input.matrices[g]!, input.size);
            const expected = product(product(output.matrices[g]!, value, output.size), inverse, input.size);
            expect(distance(moved, expected)).toBeLessThan(close);
          }
        }
      }
    }
  });

  test("there are as many kernels of each frequency as characters say, linearly independent", () => {
    for (const [input, output] of pairs(group)) {
      const [from, to] = [character(input), character(output)];
      for (const frequency of [0, 1, 2, 3, 4, 8]) {
        const kernels = steerableBasis(input, output, [ring(1, frequency)]).filter(
          (each) => each.frequency === frequency,
        );
        const angular = character(harmonics(group, frequency));
        const dimension = angular.reduce((sum, χ, g) => sum + χ * from[g]! * to[g]!, 0) / group.order;
        expect(kernels.length).toBeCloseTo(dimension, 10);
        // The coefficients are orthonormal.
        const rows = kernels.map(({ parts }) => Float64Array.from(parts.flatMap((part) => [...part])));
        for (const [i, a] of rows.entries()) {
          for (const [j, b] of rows.entries()) {
            const dot = a.reduce((sum, value, k) => sum + value * b[k]!, 0);
            expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(close);
          }
        }
      }
    }
  });
});

/**
 * How many kernels there are with frequencies up to 0, 1, 2, …, found with numpy as the null space (by singular values) of
 * the constraint for the group's generators at sampled angles.
 */
const independentCounts: readonly (readonly [Group, string, string, readonly number[]])[] = [
  [cyclicGroup(8), "A", "E1", [0, 2, 2, 2, 2, 2, 2]],
  [cyclicGroup(8), "E1", "E2", [0, 2, 2, 4, 4, 6, 6]],
  [cyclicGroup(8), "E3", "E3", [2, 2, 4, 4, 4, 4, 6]],
  [cyclicGroup(8), "B", "E2", [0, 0, 2, 2, 2, 2, 4]],
  [cyclicGroup(8), "A", "regular", [1, 3, 5, 7]],
  [cyclicGroup(8), "regular", "E1", [2, 6, 10, 14]],
  [cyclicGroup(8), "regular", "regular", [8, 24, 40, 56]],
  [dihedralGroup(8), "A1", "A2", [0, 0, 0, 0, 0, 0, 0]],
  [dihedralGroup(8), "A1", "E1", [0, 1, 1, 1, 1, 1, 1]],
  [dihedralGroup(8), "E1", "E1", [1, 1, 2, 2, 2, 2, 3]],
  [dihedralGroup(8), "E2", "E3", [0, 1, 1, 2, 2, 3, 3]],
  [dihedralGroup(8), "B1", "E1", [0, 0, 0, 1, 1, 2, 2]],
  [dihedralGroup(8), "A1", "regular", [1, 3, 5, 7]],
  [dihedralGroup(8), "regular", "E2", [2, 6, 10, 14]],
  [cyclicGroup(16), "E1", "E7", [0, 0, 0, 0, 0, 0, 2]],
  [cyclicGroup(16), "E3", "E4", [0, 2, 2, 2, 2, 2, 2]],
  [cyclicGroup(16), "A", "regular", [1, 3, 5, 7]],
  [dihedralGroup(4), "E1", "E1", [1, 1, 3, 3, 5, 5, 7]],
  [dihedralGroup(4), "B1", "E1", [0, 1, 1, 2, 2, 3, 3]],
  [dihedralGroup(4), "A2", "B2", [0, 0, 1, 1, 1, 1, 2]],
  [dihedralGroup(4), "regular", "regular", [8, 24, 40, 56]],
];

test.each(independentCounts)("$0.name from $1 to $2", (group, from, to, expected) => {
  const named = (name: string): Representation => (name === "regular" ? regular(group) : irrep(group, name));
  const counts = expected.map((_, k) => steerableBasis(named(from), named(to), [ring(1, k)]).length);
  expect(counts).toEqual(expected);
});

describe("on the pixels", () => {
  test.each([cyclicGroup(4), dihedralGroup(4), dihedralGroup(8)])(
    "$name: quarter turns and reflections are exact",
    (group) => {
      for (const kernelSize of [3, 4, 7]) {
        const { count, values } = sampleBasis(regular(group), irreps(group).at(-1)!, kernelSize);
        const output = irreps(group).at(-1)!;
        const input = regular(group);
        const taps = kernelSize ** 2;
        const size = output.size * input.size;
        const at = (b: number, tap: number): Float64Array =>
          Float64Array.from({ length: size }, (_, i) => values[(b * size + i) * taps + tap]!);
        for (const [g, element] of group.elements.entries()) {
          const matrix = elementMatrix(group, element);
          if (!matrix.every(Number.isInteger)) continue;
          const [p, q, r, s] = matrix;
          const centre = (kernelSize - 1) / 2;
          for (let tap = 0; tap < taps; tap++) {
            const [x, y] = [(tap % kernelSize) - centre, centre - Math.floor(tap / kernelSize)];
            const moved = (centre - (r * x + s * y)) * kernelSize + p * x + q * y + centre;
            for (let b = 0; b < count; b++) {
              const inverse = transposed(input.matrices[g]!, input.size);
              const expected = product(
                product(output.matrices[g]!, at(b, tap), output.size),
                inverse,
                input.size,
              );
              expect(distance(at(b, moved), expected)).toBeLessThan(close);
            }
          }
        }
      }
    },
  );

  test("kernels of 1 to 9 pixels are independent, with the rings of the authors' library", () => {
    const group = cyclicGroup(8);
    const counts = [1, 3, 5, 7, 9].map((size) => sampleBasis(trivial(group), regular(group), size).count);
    // One for each harmonic: the filter for the identity is free, and the others are that one turned.
    expect(counts).toEqual(
      [1, 3, 5, 7, 9].map((size) =>
        usualRings(size).reduce((sum, { maxFrequency }) => sum + 2 * maxFrequency + 1, 0),
      ),
    );
  });

  test("inner rings lie inside with their tails", () => {
    const group = cyclicGroup(8);
    const shown = (size: number) =>
      innerRings(size).map(({ radius, sigma, maxFrequency }) => [radius, sigma, maxFrequency]);
    expect([1, 3, 5].map(shown)).toEqual([
      [[0, 0.6, 0]],
      [
        [0, 0.6, 0],
        [1, 0.6, 1],
      ],
      [
        [0, 0.6, 0],
        [1, 0.6, 2],
      ],
    ]);
    expect(shown(7).at(-1)).toEqual([2, 0.6, 3]);
    const counts = [1, 3, 5, 7, 9].map(
      (size) => sampleBasis(trivial(group), regular(group), size, innerRings).count,
    );
    expect(counts).toEqual([1, 4, 6, 13, 26]);
  });

  test("a kernel too small for its rings is refused", () => {
    const group = cyclicGroup(8);
    const rings = (): Ring[] => [ring(1, 5)];
    expect(() => sampleBasis(trivial(group), regular(group), 3, rings)).toThrow(
      /^frequency 4 on the ring of radius 1 is not to be told from others on a kernel of 3×3/,
    );
  });
});
