import { describe, expect, test } from "vitest";
import { tensor } from "../core/tensor.ts";
import { createModel } from "../models/create-model.ts";
import { ConvTranspose2d } from "../nn/conv-transpose2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Linear } from "../nn/linear.ts";
import { Residual } from "../nn/residual.ts";
import { Sequential } from "../nn/sequential.ts";
import { matmul } from "../ops/matmul.ts";
import { countMacs } from "./count-macs.ts";
import { summarize } from "./summarize.ts";

describe("a summary", () => {
  test("of LeNet-5 has the paper's numbers", () => {
    const { layers, parameters, buffers, macs } = summarize(createModel("lenet5"), [1, 28, 28]);
    expect(layers.filter((layer) => layer.parameters > 0)).toMatchObject([
      { path: "0", type: "Conv2d", outputShape: [6, 28, 28], parameters: 156, macs: 117_600 },
      { path: "3", type: "Conv2d", outputShape: [16, 10, 10], parameters: 2_416, macs: 240_000 },
      { path: "7", type: "Linear", outputShape: [120], parameters: 48_120, macs: 48_000 },
      { path: "9", type: "Linear", outputShape: [84], parameters: 10_164, macs: 10_080 },
      { path: "11", type: "Linear", outputShape: [10], parameters: 850, macs: 840 },
    ]);
    expect([parameters, buffers, macs]).toEqual([61_706, 0, 416_520]);
  });

  test("shows a layer before those in it, and counts a layer that is used twice once and its work twice", () => {
    const shared = new Linear(4, 4);
    const { layers, parameters, macs } = summarize(new Sequential(new Residual(shared), shared), [4]);
    expect(layers.map(({ path, container, macs: each }) => [path, container, each])).toEqual([
      ["0", true, 16],
      [layers[1]!.path, false, 32],
    ]);
    expect([parameters, macs]).toEqual([20, 32]);
  });

  test("fails with the layer's path for an image that does not fit", () => {
    expect(() => summarize(new Sequential(new Conv2d(1, 2, 3)), [3, 8, 8])).toThrow(/^0: conv2d/);
  });
});

describe("multiply-accumulates", () => {
  test("of a convolution are the products behind each output", () => {
    // Of the 8 channels in, each of 2 groups sees 4: 6 · 5 · 5 outputs of 4 · 3 · 3 products.
    const { macs } = summarize(new Sequential(new Conv2d(8, 6, 3, { groups: 2 })), [8, 7, 7]);
    expect(macs).toBe(6 * 5 * 5 * 4 * 3 * 3);
  });

  test("of a transposed convolution are as many as of its adjoint", () => {
    const { macs } = summarize(new Sequential(new ConvTranspose2d(4, 2, 3, { stride: 2 })), [4, 5, 5]);
    expect(macs).toBe(4 * 5 * 5 * 2 * 3 * 3);
  });

  test("of a matrix product", () => {
    const a = tensor(new Float32Array(6), { shape: [2, 3] });
    const b = tensor(new Float32Array(12), { shape: [3, 4] });
    expect(countMacs(matmul(a, b), [a, b])).toBe(24);
    expect(countMacs(a, [a])).toBe(0);
  });
});
