import { expect, test } from "vitest";
import { glyphs } from "./digit-strokes.ts";
import { Hand, pathForDigits } from "./handwriting.ts";
import { Random } from "./random.ts";

/** How many different paths 60 hands draw for a digit. */
function distinctPaths(digit: number, variation: number): number {
  const hand = new Hand();
  const path = pathForDigits();
  const seen = new Set<string>();
  for (let index = 0; index < 60; index++) {
    hand.write(path, digit, 28, { strokeWidth: [2, 2], variation }, new Random(1, "writing", index));
    seen.add([...path.x.subarray(0, path.length), ...path.y.subarray(0, path.length)].join(" "));
  }
  return seen.size;
}

test("every digit has three ways to write it or more, and all of them occur", () => {
  expect(glyphs.length).toBe(10);
  for (let digit = 0; digit < 10; digit++) {
    expect(glyphs[digit]!.length).toBeGreaterThanOrEqual(3);
    expect(distinctPaths(digit, 0)).toBe(glyphs[digit]!.length);
  }
});

test("with variation no hand writes like another", () => {
  expect(distinctPaths(3, 1)).toBe(60);
});

test("a digit is centred and fits its box, with the pen's width asked for", () => {
  const hand = new Hand();
  const path = pathForDigits();
  for (let index = 0; index < 300; index++) {
    const style = { strokeWidth: [2, 2], variation: 0.5 } as const;
    hand.write(path, index % 10, 28, style, new Random(2, "writing", index));
    const x = path.x.subarray(0, path.length);
    const y = path.y.subarray(0, path.length);
    expect(Math.min(...x) + Math.max(...x)).toBeCloseTo(0, 9);
    expect(Math.min(...y) + Math.max(...y)).toBeCloseTo(0, 9);
    expect(Math.max(...x, ...y)).toBeLessThan(14);
    const radius = path.radius.subarray(0, path.length);
    expect(radius.reduce((sum, r) => sum + r, 0) / path.length).toBeCloseTo(1, 0);
  }
});
