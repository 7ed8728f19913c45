import { expect, test } from "vitest";
import { ArgumentError } from "../core/errors.ts";
import { gaussianBlur } from "./gaussian-blur.ts";
import { rankCorrelation } from "./rank-correlation.ts";
import { structuralSimilarity } from "./structural-similarity.ts";

const index = Array.from({ length: 120 }, (_, i) => i);
const a = index.map((i) => Math.sin(0.7 * i));
const b = index.map((i) => Math.cos(0.31 * i + 0.5 * Math.sin(0.7 * i)));

test("rank correlation is NumPy's of ranks, with ties in the middle", () => {
  const [x, y] = [a.map((v) => Math.round(4 * v)), b.map((v) => Math.round(3 * v))];
  expect(rankCorrelation(x, y)).toBeCloseTo(0.03389894070133933, 12);
  expect(rankCorrelation(a, a.map(Math.exp))).toBeCloseTo(1, 12);
  expect(
    rankCorrelation(
      a,
      a.map((v) => -v),
    ),
  ).toBeCloseTo(-1, 12);
  expect(rankCorrelation(a, new Float32Array(120))).toBeNaN();
  expect(() => rankCorrelation(a, [1])).toThrow(ArgumentError);
});

test("structural similarity is NumPy's by the same formula, 1 for equal maps, and knows no scale", () => {
  expect(structuralSimilarity(a, b, 12, 10)).toBeCloseTo(0.05245646980822352, 5);
  expect(
    structuralSimilarity(
      a,
      a.map((v) => 3 * v - 8),
      12,
      10,
    ),
  ).toBeCloseTo(1, 5);
  expect(structuralSimilarity(a, new Float32Array(120), 12, 10)).toBeLessThan(0.5);
});

test("a blur keeps the mean of what lies inside, spreads a point, and with no width changes nothing", () => {
  const point = new Float32Array(2 * 21 * 17);
  point[10 * 17 + 8] = 1;
  const spread = gaussianBlur(point, 21, 17, 1.5);
  expect(spread.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 5);
  expect(spread[10 * 17 + 8]).toBeCloseTo(1 / (2 * Math.PI * 1.5 ** 2), 2);
  expect(spread.subarray(21 * 17).every((value) => value === 0)).toBe(true);
  expect(gaussianBlur(point, 21, 17, 0)).toEqual(point);
});
