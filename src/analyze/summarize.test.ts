import { describe, expect, test } from "vitest";
import { floats, modelBytes, node } from "../../test/onnx-builder.ts";
import { tensor } from "../core/tensor.ts";
import { createModel } from "../models/create-model.ts";
import { ConvTranspose2d } from "../nn/conv-transpose2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Linear } from "../nn/linear.ts";
import { ReLU } from "../nn/relu.ts";
import { Residual } from "../nn/residual.ts";
import { Sequential } from "../nn/sequential.ts";
import { importOnnx } from "../onnx/index.ts";
import { matmul } from "../ops/matmul.ts";
import { compareFullyConnected } from "./compare-fully-connected.ts";
import { countMacs } from "./count-macs.ts";
import { summarize } from "./summarize.ts";

describe("a summary", () => {
  test("of LeNet-5 has the paper's numbers", () => {
    const { layers, parameters, buffers, macs } = summarize(createModel("lenet5"), [1, 28, 28]);
    expect(layers.filter((layer) => layer.parameters > 0)).toMatchObject([
      { path: "0", type: "Conv2d", outputShape: [1, 6, 28, 28], parameters: 156, macs: 117_600 },
      { path: "3", type: "Conv2d", outputShape: [1, 16, 10, 10], parameters: 2_416, macs: 240_000 },
      { path: "7", type: "Linear", outputShape: [1, 120], parameters: 48_120, macs: 48_000 },
      { path: "9", type: "Linear", outputShape: [1, 84], parameters: 10_164, macs: 10_080 },
      { path: "11", type: "Linear", outputShape: [1, 10], parameters: 850, macs: 840 },
    ]);
    expect([parameters, buffers, macs]).toEqual([61_706, 0, 416_520]);
    const kernels = layers.map(({ kernelShape }) => kernelShape?.join("×"));
    expect(kernels.slice(0, 5)).toEqual([undefined, "5×5", undefined, "2×2", "5×5"]);
    const sizes = layers.map(({ field }) => field!.axes[0]!.size);
    expect(sizes.slice(1, 7)).toEqual([5, 5, 6, 14, 14, 16]);
  });

  test("of ResNet-152 has the sizes that torchinfo's own documentation shows for it", () => {
    const { parameters, inputBytes, passBytes, parameterBytes } = summarize(
      createModel("resnet152"),
      [3, 224, 224],
    );
    const megabytes = [inputBytes, passBytes, parameterBytes].map((bytes) => (bytes / 1e6).toFixed(2));
    expect(parameters).toBe(60_192_808);
    expect(megabytes).toEqual(["0.60", "360.87", "240.77"]);
  });

  test("shows a layer before those in it, and counts a layer that is used twice once and its work twice", () => {
    const shared = new Linear(4, 4);
    const { layers, parameters, macs } = summarize(new Sequential(new Residual(shared), shared), [4], {
      batch: 3,
    });
    const rows = layers.map(({ type, depth, index, repeated, macs: each }) => [
      type,
      depth,
      index,
      repeated,
      each,
    ]);
    expect(rows).toEqual([
      ["Sequential", 0, 1, false, 96],
      ["Residual", 1, 1, false, 48],
      ["Linear", 2, 1, false, 48],
      ["Linear", 1, 2, true, 48],
    ]);
    expect([parameters, macs]).toEqual([20, 96]);
  });

  test("tells what training changes", () => {
    const model = new Sequential(new Conv2d(1, 2, 3), new ReLU(), new Conv2d(2, 2, 1));
    model.namedModules().get("0")!.freeze();
    const { layers, parameters, trainableParameters } = summarize(model, [1, 5, 5]);
    expect(layers.map(({ trainable }) => trainable)).toEqual(["partial", false, undefined, true]);
    expect([parameters, trainableParameters]).toEqual([26, 6]);
  });

  test("of an ONNX network shows the nodes of its graph", () => {
    const bytes = modelBytes({
      inputs: { x: [1, 1, 6, 6] },
      outputs: ["y"],
      initializers: [floats("w", [4, 1, 3, 3], new Float32Array(36)), floats("b", [4], [1, 2, 3, 4])],
      nodes: [
        { ...node("Conv", ["x", "w", "b"], ["a"]), name: "first" },
        node("Relu", ["a"], ["r"]),
        node("GlobalAveragePool", ["r"], ["y"]),
      ],
    });
    const { layers, parameters, macs } = summarize(importOnnx(bytes), [1, 6, 6]);
    expect(layers.map(({ name, type, parameters: own }) => [name, type, own])).toEqual([
      ["", "OnnxModel", 40],
      ["first", "Conv", 40],
      ["r", "Relu", 0],
      ["y", "GlobalAveragePool", 0],
    ]);
    expect(layers[1]).toMatchObject({ kernelShape: [3, 3], outputShape: [1, 4, 4, 4], depth: 1 });
    expect([parameters, macs]).toEqual([40, 4 * 16 * 9]);
  });

  test("leaves a network in the mode that it was in", () => {
    const model = new Sequential(new Conv2d(1, 2, 3)).train();
    summarize(model, [1, 8, 8]);
    expect(model.training).toBe(true);
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

describe("beside a fully connected layer", () => {
  test("a convolution of LeNet-5 saves what its shapes say", () => {
    const { layers, convolution } = compareFullyConnected(createModel("lenet5"), [1, 28, 28]);
    const [first] = layers;
    expect(first).toMatchObject({ name: "0", inputShape: [1, 28, 28], outputShape: [6, 28, 28] });
    expect(first!.convolution).toEqual({ parameters: 156n, macs: 117_600n });
    const outputs = 6n * 28n * 28n;
    expect(first!.fullyConnected).toEqual({ parameters: 784n * outputs + outputs, macs: 784n * outputs });
    expect(convolution).toEqual({ parameters: 2_572n, macs: 357_600n });
  });

  test("is counted exactly where numbers are not", () => {
    const model = new Sequential(new Conv2d(5, 301, 3, { padding: 1 }));
    const { fullyConnected } = compareFullyConnected(model, [5, 2047, 2049]);
    const expected = 5n * 2047n * 2049n * 301n * 2047n * 2049n;
    expect(expected > 2n ** 53n && BigInt(Number(expected)) !== expected).toBe(true);
    expect(fullyConnected.macs).toBe(expected);
  });

  test("counts shared weights once and their work twice", () => {
    const shared = new Conv2d(2, 2, 3, { padding: 1, bias: false });
    const { convolution, fullyConnected } = compareFullyConnected(new Sequential(shared, shared), [2, 4, 4]);
    expect(convolution).toEqual({ parameters: 36n, macs: 2n * 36n * 16n });
    expect(fullyConnected).toEqual({ parameters: 1024n, macs: 2048n });
  });
});
