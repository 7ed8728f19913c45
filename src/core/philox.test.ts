import fc from "fast-check";
import { expect, test } from "vitest";
import { multiplyHigh, philox4x32 } from "./philox.ts";

function block(counter: readonly number[], key: readonly number[]): string {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  return [...out].map((word) => word.toString(16).padStart(8, "0")).join(" ");
}

test("philox4x32 gives the known answers published with Random123", () => {
  const ones = 0xffffffff;
  expect(block([0, 0, 0, 0], [0, 0])).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  expect(block([ones, ones, ones, ones], [ones, ones])).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
  expect(block([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toBe(
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  );
});

test("philox4x32 may write over its counter", () => {
  const words = new Uint32Array(4);
  philox4x32(words, [0, 0], words);
  expect(words[0]).toBe(0x6627e8d5);
});

test("multiplyHigh is the upper half of the exact product", () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(multiplyHigh(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
    }),
  );
  expect(multiplyHigh(0xffffffff, 0xffffffff)).toBe(0xfffffffe);
});
