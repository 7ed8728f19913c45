import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFloat16, encodeFloat16 } from "./float16.ts";

/** The value by the definition of IEEE 754 binary16. */
function byDefinition(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

const isNaNHalf = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;

describe("float16", () => {
  it("decodes all 65536 halves by the definition, and encodes each back", () => {
    const wrong: number[] = [];
    for (let half = 0; half < 65536; half++) {
      const value = decodeFloat16(half);
      const back = isNaNHalf(half) ? 0x7e00 : half;
      if (!Object.is(value, byDefinition(half)) || encodeFloat16(value) !== back) wrong.push(half);
    }
    expect(wrong).toEqual([]);
  });

  it("rounds every tie between neighbours to the even one, and the numbers beside a tie to the nearer one", () => {
    const wrong: number[] = [];
    for (let half = 0; half < 0x7bff; half++) {
      const tie = (byDefinition(half) + byDefinition(half + 1)) / 2;
      const even = half % 2 === 0 ? half : half + 1;
      const step = tie * 2 ** -52;
      const encoded = [tie - step, tie, tie + step].map(encodeFloat16);
      const negative = encodeFloat16(-tie);
      if (encoded.join() !== [half, even, half + 1].join() || negative !== (even | 0x8000)) wrong.push(half);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    [65504, 0x7bff],
    [65519.999, 0x7bff],
    [65520, 0x7c00],
    [1e300, 0x7c00],
    [-65520, 0xfc00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [2 ** -25 * (1 + 2 ** -52), 1],
    [Number.MIN_VALUE, 0],
    [-Number.MIN_VALUE, 0x8000],
    [-0, 0x8000],
    [1, 0x3c00],
    [1 / 3, 0x3555],
    // Rounding to float32 first would make this the tie 1 + 2^-11, and then 1.
    [1 + 2 ** -11 + 2 ** -40, 0x3c01],
  ])("encodes %d", (value, half) => {
    expect(encodeFloat16(value)).toBe(half);
  });

  it("is monotonic", () => {
    const finite = fc.double({ noNaN: true });
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(decodeFloat16(encodeFloat16(low))).toBeLessThanOrEqual(decodeFloat16(encodeFloat16(high)));
      }),
    );
  });
});
