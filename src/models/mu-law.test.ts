import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { muLawDecode, muLawEncode } from "./mu-law.ts";

describe("mu-law", () => {
  const all = Int32Array.from({ length: 256 }, (_, i) => i);

  test("gives every code back", () => {
    expect(muLawEncode(muLawDecode(all))).toEqual(all);
    expect(muLawEncode(muLawDecode([0, 1, 2, 3], 4), 4)).toEqual(Int32Array.of(0, 1, 2, 3));
  });

  test("spans [−1, 1], silence in the middle", () => {
    expect([...muLawEncode([-2, -1, 0, 1, 2])]).toEqual([0, 0, 128, 255, 255]);
    expect([...muLawDecode([0, 255])]).toEqual([-1, 1]);
  });

  test("has the values of its formula", () => {
    // ln(1 + 255/2)/ln 256 = 0.87570, and (1 + 0.87570)/2 · 255 + ½ = 239.65.
    expect([...muLawEncode([0.5, -0.5, 0.01, -0.001])]).toEqual([239, 16, 157, 122]);
    // y = 2 · 200/255 − 1 = 0.56863, (256^y − 1)/255 = 0.08788.
    expect(muLawDecode([200])[0]).toBeCloseTo(0.08788, 5);
  });

  test("is monotonic, and errs in proportion to the loudness", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (a, b) => {
          const [low, high] = muLawEncode([Math.min(a, b), Math.max(a, b)]);
          expect(low).toBeLessThanOrEqual(high!);
          const [back] = muLawDecode(muLawEncode([a]));
          expect(Math.abs(back! - a)).toBeLessThanOrEqual(0.0225 * (Math.abs(a) + 1 / 255));
        },
      ),
    );
  });
});
