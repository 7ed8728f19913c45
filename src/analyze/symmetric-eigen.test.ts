import fc from "fast-check";
import { expect, test } from "vitest";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { Draw } from "../core/draw.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

test("A v = λ v with orthonormal v and λ in descending order, for random symmetric matrices", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(1e6), (n, seed) => {
      const draw = new Draw(seed);
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        // Whole numbers, so that eigenvalues are often equal.
        for (let j = 0; j <= i; j++)
          a[i * n + j] = a[j * n + i] = seed % 2 ? draw.int(-1, 1) : draw.float(-1, 1);
      }
      const { values, vectors } = symmetricEigen(a, n);
      expect([...values]).toEqual([...values].sort((x, y) => y - x));
      vectors.forEach((v, k) => {
        const product = v.map((_, i) => v.reduce((sum, x, j) => sum + a[i * n + j]! * x, 0));
        const expected = v.map((x) => values[k]! * x);
        expect(compareArrays(product, expected, { relative: 1e-12, absolute: 1e-12 })).toBeUndefined();
        const dots = vectors.map((w) => w.reduce((sum, x, i) => sum + x * v[i]!, 0));
        expect(
          compareArrays(
            dots,
            vectors.map((_, j) => Number(j === k)),
            tolerance.exact,
          ),
        ).toBeUndefined();
      });
    }),
    { numRuns: 40 },
  );
});

test("the second difference of n points has the eigenvalues 2 − 2 cos(kπ/(n + 1))", () => {
  const n = 30;
  const a = Float64Array.from({ length: n * n }, (_, at) => {
    const distance = Math.abs(Math.floor(at / n) - (at % n));
    return distance === 0 ? 2 : distance === 1 ? -1 : 0;
  });
  const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)));
  expect(compareArrays(symmetricEigen(a, n).values, expected, tolerance.exact)).toBeUndefined();
});
