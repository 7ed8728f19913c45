import { expect, test } from "vitest";
import { randomFields } from "./random-fields.ts";

test("random fields have whole periods, mean 0, variance near 1, and follow the seed", async () => {
  const [count, channels, extent] = [4, 3, 32];
  const values = Float32Array.from(await randomFields(count, [channels, extent, extent], 7).data());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(mean).toBeCloseTo(0, 4);
  expect(variance).toBeGreaterThan(0.5);
  expect(variance).toBeLessThan(1.5);
  // A step over the seam of the circle is as large as any other.
  const step = (from: number, to: number): number => {
    let sum = 0;
    for (let row = 0; row < values.length; row += extent)
      sum += (values[row + to]! - values[row + from]!) ** 2;
    return sum;
  };
  const inside = Array.from({ length: extent - 1 }, (_, x) => step(x, x + 1));
  const typical = inside.reduce((a, b) => a + b) / inside.length;
  expect(step(extent - 1, 0) / typical).toBeGreaterThan(0.5);
  expect(step(extent - 1, 0) / typical).toBeLessThan(2);
  expect(await randomFields(count, [channels, extent, extent], 7).data()).toEqual(values);
  expect(await randomFields(count, [channels, extent, extent], 8).data()).not.toEqual(values);
});
