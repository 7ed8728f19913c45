import { expect, test } from "vitest";
import { toRgb } from "./to-rgb.ts";

const pixel = { width: 1, height: 1 } as const;

test("grey becomes three equal channels, alpha goes, RGB stays as it is", () => {
  expect([...toRgb({ ...pixel, channels: 1, data: Uint8Array.of(7) }).data]).toEqual([7, 7, 7]);
  expect([...toRgb({ ...pixel, channels: 2, data: Uint8Array.of(7, 0) }).data]).toEqual([7, 7, 7]);
  expect([...toRgb({ ...pixel, channels: 4, data: Uint8Array.of(1, 2, 3, 0) }).data]).toEqual([1, 2, 3]);
  const rgb = { ...pixel, channels: 3, data: Uint8Array.of(1, 2, 3) } as const;
  expect(toRgb(rgb)).toBe(rgb);
});
