import { describe, expect, test } from "vitest";
import { Tensor } from "../core/tensor.ts";
import { UNet } from "./unet.ts";

const outputOf = (model: UNet, ...shape: number[]) =>
  model.forward(Tensor.input({ shape, dtype: "float32" })).shape;

describe("U-Net", () => {
  test("gives the middle 388×388 of 572×572, as figure 1 says", () => {
    expect(outputOf(new UNet(), 1, 1, 572, 572)).toEqual([1, 2, 388, 388]);
  });

  test("keeps the extents where its padding is same", () => {
    expect(outputOf(new UNet({ padding: "same", inChannels: 3, numClasses: 5 }), 2, 3, 96, 160)).toEqual([
      2, 5, 96, 160,
    ]);
  });

  test("wants extents that the levels can halve", () => {
    expect(() => outputOf(new UNet({ padding: "same" }), 1, 1, 100, 96)).toThrow("multiples of 16");
    expect(() => outputOf(new UNet(), 1, 1, 140, 140)).toThrow("16 n + 60");
    expect(outputOf(new UNet(), 1, 1, 188, 188)).toEqual([1, 2, 4, 4]);
  });

  test("knows two paddings", () => {
    expect(() => new UNet({ padding: "full" as "same" })).toThrow('padding must be "valid" or "same"');
  });
});
