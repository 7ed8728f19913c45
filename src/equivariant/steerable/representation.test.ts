import { describe, expect, test } from "vitest";
import { cyclicGroup, dihedralGroup, elementMatrix, type Group } from "../group.ts";
import { decompose, intertwiners } from "./decompose.ts";
import { harmonics, irrep, irreps } from "./irreps.ts";
import { blockDiagonal, distance, identity, product, transposed } from "./matrix.ts";
import {
  character,
  characterProduct,
  directSum,
  quotient,
  type Representation,
  regular,
  representation,
  restrict,
  tensorProduct,
  trivial,
} from "./representation.ts";

const close = 1e-12;
const groups = [1, 2, 3, 4, 5, 6, 8, 16].flatMap((n) => [cyclicGroup(n), dihedralGroup(n)]);

/** Representations of every kind. */
function samples(group: Group): Representation[] {
  const all = irreps(group);
  const last = all.at(-1)!;
  const subgroups = [1, 2, 3, 4, 5, 6, 8, 16]
    .filter((n) => group.rotations % n === 0)
    .flatMap((n) => (group.reflections ? [cyclicGroup(n), dihedralGroup(n)] : [cyclicGroup(n)]));
  return [
    trivial(group),
    regular(group),
    ...all,
    ...subgroups.map((subgroup) => quotient(group, subgroup)),
    directSum(last, trivial(group), last),
    tensorProduct(last, all[Math.min(2, all.length - 1)]!),
    ...[0, 1, 2, 3, 4, 8].map((frequency) => harmonics(group, frequency)),
  ];
}

describe.each(groups.map((group) => [group.name, group] as const))("%s", (_, group) => {
  test("every representation multiplies as the group does, by orthogonal matrices", () => {
    // `representation` checks it.
    for (const rep of samples(group))
      expect(() => representation(group, rep.name, rep.matrices)).not.toThrow();
  });

  test("the irreducible ones have orthogonal characters, and Σ d² / (dimension of what commutes) = |G|", () => {
    const all = irreps(group);
    for (const a of all) {
      for (const b of all) {
        const expected = a === b ? a.commuting : 0;
        expect(characterProduct(character(a), character(b))).toBeCloseTo(expected, 10);
        expect(intertwiners(a, b)).toHaveLength(expected);
      }
    }
    expect(all.reduce((sum, { size, commuting }) => sum + size ** 2 / commuting, 0)).toBe(group.order);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test("the regular one holds each irreducible one as often as its size says", () => {
    const { components } = decompose(regular(group));
    for (const each of irreps(group)) {
      const times = components.filter((component) => component.irrep === each).length;
      expect(times).toBe(each.size / each.commuting);
    }
  });

  test("every representation is its irreducible parts in another orthogonal basis", () => {
    for (const rep of samples(group)) {
      const { components, basis } = decompose(rep);
      const inverse = transposed(basis, rep.size);
      expect(distance(product(inverse, basis, rep.size), identity(rep.size))).toBeLessThan(close);
      const sizes = components.map((component) => component.irrep.size);
      for (const [g, matrix] of rep.matrices.entries()) {
        const parts = blockDiagonal(
          components.map((component) => component.irrep.matrices[g]!),
          sizes,
        );
        const back = product(product(basis, parts, rep.size), inverse, rep.size);
        expect(distance(back, matrix)).toBeLessThan(close);
      }
    }
  });

  test("harmonics sampled at turned points are the turned harmonics", () => {
    const values = (frequency: number, x: number, y: number): Float64Array => {
      const angle = frequency * Math.atan2(y, x);
      return frequency === 0 ? Float64Array.of(1) : Float64Array.of(Math.cos(angle), Math.sin(angle));
    };
    for (const frequency of [0, 1, 2, 3, 7]) {
      const rep = harmonics(group, frequency);
      for (const [g, element] of group.elements.entries()) {
        const [a, b, c, d] = elementMatrix(group, element);
        const moved = values(frequency, a * 0.3 + b * -0.8, c * 0.3 + d * -0.8);
        expect(
          distance(product(rep.matrices[g]!, values(frequency, 0.3, -0.8), rep.size), moved),
        ).toBeLessThan(close);
      }
    }
  });

  test("restricted to nothing, each is as many trivial ones as it has channels", () => {
    for (const rep of samples(group)) {
      const { components } = decompose(restrict(rep, cyclicGroup(1)));
      expect(components.map((component) => component.irrep.name)).toEqual(Array(rep.size).fill("A"));
    }
  });
});

test("quotients by everything and by nothing are the trivial and the regular one", () => {
  const group = dihedralGroup(4);
  expect(quotient(group, group).matrices).toEqual(trivial(group).matrices);
  expect(quotient(group, cyclicGroup(1)).matrices).toEqual(regular(group).matrices);
  expect(quotient(group, cyclicGroup(4)).size).toBe(2);
});

test("the permutation representations are found", () => {
  const group = cyclicGroup(8);
  expect(
    samples(group)
      .filter(({ isPermutation }) => isPermutation)
      .map(({ name }) => name),
  ).toEqual(["A", "regular", "A", "C8/C1", "C8/C2", "C8/C4", "C8/C8", "harmonics 0", "harmonics 8"]);
});

test("E1 turns as the plane does", () => {
  const group = dihedralGroup(6);
  const { matrices } = irrep(group, "E1");
  group.elements.forEach((element, g) => {
    expect(distance(matrices[g]!, Float64Array.from(elementMatrix(group, element)))).toBeLessThan(close);
  });
});

test("what is no representation is refused, by name", () => {
  const group = cyclicGroup(2);
  expect(() => representation(group, "odd", [identity(1)])).toThrow("odd needs 2 square matrices");
  expect(() => representation(group, "odd", [Float64Array.of(-1), Float64Array.of(1)])).toThrow(
    "the matrices of elements 0 and 0 of C2 do not multiply",
  );
  const skewed = [identity(2), Float64Array.of(1, 1, 0, -1)];
  expect(() => representation(group, "skewed", skewed)).toThrow("element 1 of C2 is not orthogonal");
  expect(() => irrep(group, "E1")).toThrow('C2 has no irreducible representation "E1"');
  expect(() => quotient(group, cyclicGroup(3))).toThrow("C3 is no subgroup of C2");
  expect(() => directSum(trivial(group), trivial(cyclicGroup(3)))).toThrow("of C2 and of C3 do not mix");
});
