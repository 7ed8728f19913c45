import { describe, expect, test } from "vitest";
import { cyclicGroup, dihedralGroup, elementMatrix, type Group } from "./group.ts";

const groups: Group[] = [1, 2, 3, 4, 6, 8, 16].flatMap((n) => [cyclicGroup(n), dihedralGroup(n)]);

const product = (x: readonly number[], y: readonly number[]): number[] => [
  x[0]! * y[0]! + x[1]! * y[2]!,
  x[0]! * y[1]! + x[1]! * y[3]!,
  x[2]! * y[0]! + x[3]! * y[2]!,
  x[2]! * y[1]! + x[3]! * y[3]!,
];

describe.each(groups.map((group) => [group.name, group] as const))("the axioms hold for %s", (_, group) => {
  const { products, inverses, order, elements } = group;
  const all = elements.map((_, i) => i);

  test("closed, with element 0 as the identity and an inverse of each", () => {
    for (const row of products) expect([...row].sort((a, b) => a - b)).toEqual(all);
    for (const a of all) {
      expect([products[0]![a], products[a]![0]]).toEqual([a, a]);
      expect([products[a]![inverses[a]!], products[inverses[a]!]![a]]).toEqual([0, 0]);
    }
    expect(order).toBe(elements.length);
  });

  test("associative", () => {
    for (const a of all) {
      for (const b of all) {
        for (const c of all) expect(products[products[a]![b]!]![c]).toBe(products[a]![products[b]![c]!]);
      }
    }
  });

  test("the matrices multiply as the elements do", () => {
    const matrices = elements.map((element) => elementMatrix(group, element));
    for (const a of all) {
      for (const b of all) {
        const expected = matrices[products[a]![b]!]!;
        product(matrices[a]!, matrices[b]!).forEach((entry, i) => {
          expect(entry).toBeCloseTo(expected[i]!, 12);
        });
      }
    }
  });
});

test("quarter turns are exact, and a counter-clockwise one takes right to up", () => {
  const group = dihedralGroup(4);
  const entries = group.elements.flatMap((element) => elementMatrix(group, element));
  expect(entries.every((entry) => entry === 0 || Math.abs(entry) === 1)).toBe(true);
  const [a, , c] = elementMatrix(group, { rotation: 1, reflected: false });
  expect([a, c]).toEqual([0, 1]);
});

test("a number of rotations that is none is refused", () => {
  expect(() => cyclicGroup(0)).toThrow("C0");
  expect(() => dihedralGroup(2.5)).toThrow("D2.5");
});
