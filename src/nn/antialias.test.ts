import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { reference } from "../backend/reference/reference.ts";
import { compile } from "../compiler/compile.ts";
import { ArgumentError } from "../core/errors.ts";
import { tensor } from "../core/tensor.ts";
import { createModel } from "../models/create-model.ts";
import * as nn from "./index.ts";

const onReference = async (layer: nn.Module, values: ArrayLike<number>, shape: readonly number[]) => {
  const run = compile((x: Parameters<nn.Module["forward"]>[0]) => layer.forward(x), { backend: reference });
  return (await run(tensor(Float32Array.from(values), { shape }))).data();
};

describe("BlurPool2d", () => {
  test("filters with the binomial of its size, mirrored at the border", async () => {
    // One row of an image that is the same in all rows: (1 3 3 1)/8 with one element before and two behind.
    const row = [1, 2, 4, 8, 16];
    const values = Array.from({ length: 25 }, (_, i) => row[i % 5]!);
    const padded = [2, ...row, 8, 4];
    const expected = [0, 2, 4].map(
      (at) => (padded[at]! + 3 * padded[at + 1]! + 3 * padded[at + 2]! + padded[at + 3]!) / 8,
    );
    const actual = await onReference(new nn.BlurPool2d(1), values, [1, 1, 5, 5]);
    expect(compareArrays(actual, [...expected, ...expected, ...expected], tolerance.exact)).toBeUndefined();
  });

  test.each([2, 3, 4, 5, 6, 7])("keeps a constant, with %i taps", async (kernelSize) => {
    const layer = new nn.BlurPool2d<nn.BlurPoolOptions>(2, {
      kernelSize,
      stride: 3,
      paddingMode: "replicate",
    });
    const actual = await onReference(layer, new Array(2 * 64).fill(3), [1, 2, 8, 8]);
    expect(compareArrays(actual, new Array(2 * 9).fill(3), tolerance.exact)).toBeUndefined();
  });

  test("refuses sizes that are none", () => {
    expect(() => new nn.BlurPool2d<nn.BlurPoolOptions>(2, { kernelSize: 8 })).toThrow(
      new ArgumentError("BlurPool2d: kernelSize must be a whole number from 2 to 7, not 8"),
    );
  });
});

describe("antialias", () => {
  test("replaces what has a stride and keeps all parameters and shapes", () => {
    const model = createModel("resnet18");
    const names = [...model.namedParameters().keys()].sort();
    const replaced = nn.antialias(model, [1, 3, 64, 64], { kernelSize: 3, keep: (path) => path === "conv1" });
    expect(replaced).toEqual([
      "maxpool",
      ...[2, 3, 4].flatMap((layer) => [`layer${layer}.0.conv1`, `layer${layer}.0.downsample.0`]),
    ]);
    expect([...model.namedParameters().keys()].sort()).toEqual(names);
    expect(model.namedModules().get("maxpool")).toBeInstanceOf(nn.MaxBlurPool2d);
    expect(
      model.eval().forward(tensor(new Float32Array(3 * 64 * 64), { shape: [1, 3, 64, 64] })).shape,
    ).toEqual([1, 1000]);
  });

  test("a blurred convolution is the convolution at every position, then the blur", async () => {
    for (const kernelSize of [1, 3] as const) {
      nn.manualSeed(4);
      const strided = new nn.Conv2d(2, 3, kernelSize, { stride: 2, padding: kernelSize === 1 ? 0 : 1 });
      const dense = new nn.Conv2d(2, 3, kernelSize, { padding: kernelSize === 1 ? 0 : 1 });
      dense.loadStateDict(await strided.stateDict());
      const values = Array.from({ length: 2 * 49 }, (_, i) => Math.sin(i * i));
      const expected = await onReference(
        new nn.Sequential(dense, new nn.BlurPool2d(3)),
        values,
        [1, 2, 7, 7],
      );
      const actual = await onReference(new nn.BlurredConv2d(strided, {}), values, [1, 2, 7, 7]);
      expect(compareArrays(actual, expected, tolerance.kernel)).toBeUndefined();
    }
  });

  test("strides that differ have no blur", () => {
    const model = new nn.Sequential(new nn.Conv2d(1, 1, 3, { stride: [1, 2] }));
    expect(() => nn.antialias(model, [1, 1, 8, 8])).toThrow(
      "BlurredConv2d: rows and columns have strides 1 and 2, but a blur has one",
    );
  });
});
