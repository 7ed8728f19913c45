import fc from "fast-check";
import { expect, test } from "vitest";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import { reference } from "../../backend/reference/reference.ts";
import { setBackend } from "../../compiler/runtime.ts";
import { tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import { clipByGlobalNorm, clipByValue, globalNorm } from "./clip.ts";

setBackend(reference);

const element = fc.double({ min: -10, max: 10, noNaN: true });
const arrays = fc.array(fc.array(element, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });
const limits = fc.double({ min: 0.01, max: 30, noNaN: true });
const runs = { numRuns: 30 };

function gradientsOf(rows: number[][]): Map<Variable, ReturnType<typeof tensor>> {
  return new Map(rows.map((row) => [new Variable(tensor(row)), tensor(Float64Array.from(row))]));
}

test("clipByGlobalNorm scales all gradients by one factor", async () => {
  await fc.assert(
    fc.asyncProperty(arrays, limits, async (rows, limit) => {
      const grads = gradientsOf(rows);
      const norm = Math.hypot(...rows.flat());
      expect(compareArrays([await globalNorm(grads).item()], [norm], tolerance.exact)).toBeUndefined();
      const factor = Math.min(1, limit / (norm + 1e-6));
      const clipped = [...clipByGlobalNorm(grads, limit).values()];
      for (const [i, row] of rows.entries()) {
        const expected = row.map((g) => g * factor);
        expect(compareArrays(await clipped[i]!.data(), expected, tolerance.exact)).toBeUndefined();
      }
    }),
    runs,
  );
});

test("clipByValue limits each element", async () => {
  await fc.assert(
    fc.asyncProperty(arrays, limits, async (rows, limit) => {
      const clipped = [...clipByValue(gradientsOf(rows), limit).values()];
      for (const [i, row] of rows.entries()) {
        const values = await clipped[i]!.data();
        row.forEach((g, j) => {
          expect(values[j] === Math.min(Math.max(g, -limit), limit)).toBe(true);
        });
      }
    }),
    runs,
  );
});

test("a limit that is not positive is refused", () => {
  const grads = gradientsOf([[1]]);
  expect(() => clipByGlobalNorm(grads, 0)).toThrow("the limit must be positive, but is 0");
  expect(() => clipByValue(grads, Number.NaN)).toThrow("the limit must be positive, but is NaN");
});
