import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArgumentError } from "../core/errors.ts";
import { philox4x32 } from "../core/philox.ts";
import { purposes, Random } from "./random.ts";

function words(random: Random, count = 8): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

describe("Random", () => {
  test("is a function of seed, purpose and index", () => {
    expect(words(new Random(5, "order", 3))).toEqual(words(new Random(5, "order", 3)));
    const used = new Random(1, "split", 9);
    words(used, 5);
    expect(words(used.restart(5, "order", 3))).toEqual(words(new Random(5, "order", 3)));
    const streams = [
      new Random(5, "order", 4),
      new Random(6, "order", 3),
      new Random(5, "split", 3),
      new Random(5 + 2 ** 32, "order", 3),
      new Random(5, "order", 3 + 2 ** 32),
      new Random(5, "order", 3),
    ];
    expect(new Set(streams.map((stream) => stream.uint32())).size).toBe(streams.length);
  });

  test("is Philox with the counter (block, index, index / 2^32, purpose) and the seed as key", () => {
    const block = new Uint32Array(4);
    philox4x32([1, 3, 2, purposes.order], [5, 4], block);
    expect(words(new Random(5 + 4 * 2 ** 32, "order", 3 + 2 * 2 ** 32)).slice(4)).toEqual([...block]);
  });

  test("uniform and normal have the moments of their distributions", () => {
    const n = 100_000;
    const random = new Random(1);
    const uniform = Array.from({ length: n }, () => random.uniform(-1, 3));
    const normal = Array.from({ length: n }, () => random.normal(2, 0.5));
    // Five standard errors each; the numbers are fixed by the seed.
    expect(Math.abs(mean(uniform) - 1)).toBeLessThan((5 * 4) / Math.sqrt(12 * n));
    expect(uniform.every((u) => u >= -1 && u < 3)).toBe(true);
    expect(Math.abs(mean(normal) - 2)).toBeLessThan((5 * 0.5) / Math.sqrt(n));
    const variance = mean(normal.map((z) => (z - 2) ** 2));
    expect(Math.abs(variance - 0.25)).toBeLessThan(5 * 0.25 * Math.sqrt(2 / n));
    expect(normal.filter((z) => Math.abs(z - 2) > 1).length / n).toBeCloseTo(0.0455, 2);
  });

  test("below is unbiased where the word count is no multiple of n", () => {
    const n = 3 * 2 ** 30; // without rejection, a third of the integers would come twice as often
    const random = new Random(2);
    const thirds = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) thirds[Math.floor(random.below(n) / 2 ** 30)]!++;
    const parity = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) parity[random.below(n) % 3]!++;
    for (const count of [...thirds, ...parity]) expect(Math.abs(count - 10_000)).toBeLessThan(410);
  });

  test("below stays below n", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(), (n, seed) => {
        const drawn = new Random(seed).below(n);
        expect(drawn >= 0 && drawn < n && Number.isInteger(drawn)).toBe(true);
      }),
    );
    expect(() => new Random(0).below(0)).toThrow(ArgumentError);
  });

  test("permutation is one, and reaches all orders equally often", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (n, seed) => {
        const order = new Random(seed).permutation(n);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
    const random = new Random(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7); // 99.9 % of a χ² distribution with 23 degrees of freedom
  });

  test("refuses a seed that is no integer", () => {
    expect(() => new Random(0.5)).toThrow("seed must be an integer");
    expect(() => new Random(1, "user", -1)).toThrow("index must be an integer");
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
