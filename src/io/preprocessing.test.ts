import { describe, expect, it } from "vitest";
import { ArgumentError } from "../core/errors.ts";
import { preprocessingOf } from "./preprocessing.ts";

describe("preprocessingOf", () => {
  it("takes what timm's resnet50.a1_in1k asks for", () => {
    const config = {
      input_size: [3, 224, 224],
      test_input_size: [3, 288, 288],
      interpolation: "bicubic",
      crop_pct: 0.95,
      test_crop_pct: 1,
      crop_mode: "center",
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    };
    const expected = {
      inputSize: [3, 224, 224],
      resize: 235,
      interpolation: "bicubic",
      cropMode: "center",
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    };
    expect(preprocessingOf(config)).toEqual(expected);
    expect(preprocessingOf(config, { testSize: true })).toEqual({
      ...expected,
      inputSize: [3, 288, 288],
      resize: 288,
    });
  });

  it("fills in timm's defaults", () => {
    const { resize, interpolation, cropMode } = preprocessingOf({});
    expect([resize, interpolation, cropMode]).toEqual([256, "bicubic", "center"]);
  });

  it.each([
    [{ input_size: [3, 224, 192] }, "[3, 224, 192]"],
    [{ input_size: [3, 0, 0] }, "[3, 0, 0]"],
    [{ crop_pct: -1 }, "crop_pct"],
    [{ interpolation: "sinc" }, '"sinc"'],
    [{ crop_mode: "middle" }, '"middle"'],
    [{ std: [1, 0, 1] }, "[1, 0, 1]"],
    [{ input_size: [1, 28, 28] }, "1 channels"],
  ])("refuses %j", (config, named) => {
    expect(() => preprocessingOf(config)).toThrow(ArgumentError);
    expect(() => preprocessingOf(config)).toThrow(named);
  });
});
