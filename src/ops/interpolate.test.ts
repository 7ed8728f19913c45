import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { type InterpolateOptions, interpolate } from "./interpolate.ts";
import { zeros } from "./like.ts";

async function resize(x: Tensor, options: InterpolateOptions): Promise<number[]> {
  const y = interpolate(x, options);
  await evaluate([y], reference);
  return [...(await y.data())];
}

const line: Tensor = tensor([[[1, 2, 3]]]);

describe("interpolate", () => {
  test("nearest repeats elements", async () => {
    expect(await resize(line, { scaleFactor: 2 })).toEqual([1, 1, 2, 2, 3, 3]);
    expect(await resize(line, { size: 5 })).toEqual([1, 1, 2, 2, 3]);
    expect(await resize(line, { size: 2 })).toEqual([1, 2]);
    expect(await resize(tensor([[[[1, 2]]]]), { size: [2, 4] })).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  test("linear keeps the outermost edges, or with alignCorners the outermost centres, in place", async () => {
    expect(await resize(line, { size: 6, mode: "linear" })).toEqual([1, 1.25, 1.75, 2.25, 2.75, 3]);
    expect(await resize(line, { size: 5, mode: "linear", alignCorners: true })).toEqual([1, 1.5, 2, 2.5, 3]);
    expect(await resize(line, { size: 1, mode: "linear", alignCorners: true })).toEqual([1]);
    expect(await resize(line, { size: 1, mode: "linear" })).toEqual([2]);
  });

  test("positions come from the factor, not from the size that it is rounded to", async () => {
    // ⌊3 · 1.5⌋ = 4 outputs at (o + ½) / 1.5 − ½ = −1/6, 1/2, 7/6, 11/6.
    const y = await resize(line, { scaleFactor: 1.5, mode: "linear" });
    expect(compareArrays(y, [1, 1.5, 1 + 7 / 6, 1 + 11 / 6], tolerance.kernel)).toBeUndefined();
  });

  test("trilinear resizes three axes", () => {
    const y = interpolate(zeros([1, 2, 2, 3, 4]), { size: [4, 3, 2], mode: "trilinear" });
    expect(y.shape).toEqual([1, 2, 4, 3, 2]);
  });

  test("refuses options that mean nothing", () => {
    expect(() => interpolate(line, {})).toThrow("give either size or scaleFactor");
    expect(() => interpolate(line, { size: 2, scaleFactor: 2 })).toThrow("give either size or scaleFactor");
    expect(() => interpolate(line, { scaleFactor: -1 })).toThrow("scaleFactor must be one positive number");
    expect(() => interpolate(line, { scaleFactor: 0.1 })).toThrow("need elements on every axis");
    expect(() => interpolate(line, { size: 2, mode: "bilinear" })).toThrow(
      "needs an input [N, C, ...S] with 2",
    );
    expect(() => interpolate(line, { size: 2, alignCorners: true })).toThrow("for the linear modes");
    expect(() => interpolate(line, { size: 2, mode: "cubic" as "linear" })).toThrow('no mode "cubic"');
  });
});
