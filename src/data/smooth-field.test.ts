import { expect, test } from "vitest";
import { Random } from "./random.ts";
import { SmoothField } from "./smooth-field.ts";

test("a field has a root mean square displacement of 1 and changes slowly", () => {
  const field = new SmoothField();
  const random = new Random(4);
  const n = 57;
  let squares = 0;
  let steepest = 0;
  const rounds = 400;
  for (let round = 0; round < rounds; round++) {
    field.draw(random);
    const x = Float64Array.from({ length: n }, (_, i) => -14 + i / 2);
    const y = new Float64Array(n).fill(random.uniform(-14, 14));
    const before = x.slice();
    field.displace(x, y, n, 14, 1);
    const moved = x.map((value, i) => value - before[i]!);
    squares += moved.reduce((sum, d) => sum + d * d, 0) / n;
    for (let i = 1; i < n; i++) steepest = Math.max(steepest, Math.abs(moved[i]! - moved[i - 1]!));
  }
  expect(Math.sqrt(squares / rounds)).toBeCloseTo(1, 1);
  // Half a pixel apart; white noise would jump by several.
  expect(steepest).toBeLessThan(0.5);
});
