import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { tensor } from "../core/tensor.ts";
import { zeros } from "./like.ts";
import { slidingWindows } from "./window.ts";
import { windowCount } from "./window-geometry.ts";

const attrs = {
  kernel: [2],
  stride: [2],
  padding: [[1, 0]] as [number, number][],
  dilation: [1],
  fill: Number.NEGATIVE_INFINITY,
};

describe("slidingWindows", () => {
  test("reads the fill beside x, also in windows beyond the padding", async () => {
    const y = slidingWindows(tensor([1, 2, 3, 4]), { ...attrs, size: [3] });
    await evaluate([y], reference);
    const beside = Number.NEGATIVE_INFINITY;
    expect(y.shape).toEqual([3, 2]);
    expect([...(await y.data())]).toEqual([beside, 1, 2, 3, 4, beside]);
  });

  test("puts the windows' axes behind the leading ones and the taps' axes last", () => {
    const two = {
      kernel: [3, 2],
      stride: [1, 2],
      padding: [[0, 0] as const, [1, 1] as const],
      dilation: [2, 1],
    };
    expect(slidingWindows(zeros([2, 3, 7, 6]), { ...two, fill: 0 }).shape).toEqual([2, 3, 3, 4, 3, 2]);
    expect(() => slidingWindows(zeros([6]), { ...two, fill: 0 })).toThrow("x needs at least 2 axes");
  });
});

test("windowCount is the number of windows that lie in the padded axis", () => {
  const small = fc.integer({ min: 1, max: 4 });
  const side = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12 }), small, small, side, side, small, (n, k, s, low, high, d) => {
      let fitting = 0;
      while (fitting * s + d * (k - 1) < n + low + high) fitting++;
      expect(windowCount(n, k, s, [low, high], d)).toBe(fitting);
    }),
  );
});
