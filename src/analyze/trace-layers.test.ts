import { describe, expect, test } from "vitest";
import { ArgumentError } from "../core/errors.ts";
import { Tensor } from "../core/tensor.ts";
import { createModel } from "../models/create-model.ts";
import { requireCall, traceLayers } from "./trace-layers.ts";

const image = Tensor.input({ shape: [1, 3, 64, 64], dtype: "float32" });

describe("traceLayers", () => {
  test("sees every call, inner ones first, and tells a layer's second call from its first", () => {
    const { calls, output } = traceLayers(createModel("resnet18"), image);
    const names = calls.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(["conv1", "bn1", "relu", "maxpool"]);
    expect(names).toContain("layer1.0.relu#2");
    expect(names.indexOf("layer1.0.relu#2")).toBeLessThan(names.indexOf("layer1.0"));
    expect(names.at(-1)).toBe("");
    expect(calls.at(-1)!.output).toBe(output);
    expect(new Set(names).size).toBe(names.length);
  });

  test("a name that is none suggests the nearest", () => {
    const trace = traceLayers(createModel("resnet18"), image);
    expect(requireCall(trace, "layer4.1.conv2").output.shape).toEqual([1, 512, 2, 2]);
    expect(() => requireCall(trace, "layer4.1.conv3")).toThrow(ArgumentError);
    expect(() => requireCall(trace, "layr4.1.conv2")).toThrow(
      'there is no layer "layr4.1.conv2" that the network calls; did you mean layer4.1.conv2?',
    );
  });
});
