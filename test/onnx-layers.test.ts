import { describe, expect, test } from "vitest";
import type { Shape } from "../src/core/shape.ts";
import * as nn from "../src/nn/index.ts";
import { expectSameInRuntime, randomize } from "./onnx-networks.ts";

/** Layers with settings that need care, and the shapes of their inputs. */
const layers: readonly (readonly [nn.Module, Shape])[] = [
  [new nn.Conv1d(2, 4, 3, { stride: 2, padding: 2, dilation: 2 }), [2, 2, 9]],
  [new nn.Conv2d(4, 6, [3, 5], { stride: 2, padding: [1, 2], groups: 2, bias: false }), [2, 4, 8, 9]],
  [new nn.Conv2d(6, 6, 3, { padding: "same", groups: 6 }), [2, 6, 5, 4]],
  [new nn.Conv2d(1, 1, 4, { padding: "same", dilation: [1, 2] }), [1, 1, 8, 7]],
  [new nn.Conv2d(2, 3, 3, { padding: 2, paddingMode: "reflect" }), [1, 2, 5, 4]],
  [new nn.Conv2d(2, 3, 3, { padding: [2, 1], paddingMode: "replicate" }), [2, 2, 3, 3]],
  [new nn.Conv2d(2, 3, 3, { padding: [0, 3], paddingMode: "circular" }), [1, 2, 5, 4]],
  [new nn.Conv3d(2, 4, 2, { groups: 2, stride: [1, 2, 1], padding: 1 }), [2, 2, 3, 4, 5]],
  [new nn.ConvTranspose1d(2, 3, 4, { stride: 3, padding: 1, outputPadding: 2 }), [2, 2, 5]],
  [
    new nn.ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2, dilation: [2, 1] }),
    [2, 4, 3, 4],
  ],
  [new nn.ConvTranspose2d(2, 2, [1, 2], { padding: [0, 1], stride: 3, bias: false }), [1, 2, 3, 3]],
  // The output goes on beyond the kernel by more than ONNX lets it.
  [new nn.ConvTranspose2d(2, 3, 1, { dilation: 3, outputPadding: [2, 1] }), [1, 2, 3, 3]],
  [new nn.ConvTranspose3d(1, 2, 2, { stride: [1, 2, 1], outputPadding: [0, 1, 0] }), [1, 1, 2, 2, 3]],
  [new nn.Linear(3, 5), [4, 3]],
  [new nn.Linear(3, 5, { bias: false }), [2, 3]],
  [new nn.Linear(3, 5), [2, 7, 3]],
  [new nn.MaxPool1d(2), [2, 2, 7]],
  [new nn.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), [1, 2, 6, 7]],
  [new nn.MaxPool2d(2, { stride: 3, dilation: 3, ceilMode: true }), [1, 2, 9, 8]],
  [new nn.MaxPool3d(2), [1, 1, 2, 4, 6]],
  [new nn.AvgPool1d(3, { stride: 1, padding: 1 }), [2, 2, 7]],
  [new nn.AvgPool2d(2, { ceilMode: true }), [1, 1, 5, 4]],
  [new nn.AvgPool2d(3, { ceilMode: true, padding: 1, stride: 2 }), [1, 1, 6, 8]],
  [new nn.AvgPool2d(3, { ceilMode: true, padding: 1, stride: 2, countIncludePad: false }), [1, 1, 6, 8]],
  [new nn.AvgPool2d([3, 2], { divisorOverride: 5, padding: 1 }), [2, 1, 6, 8]],
  [new nn.AvgPool3d([1, 2, 2]), [1, 1, 2, 4, 6]],
  [new nn.BlurPool2d(2), [2, 2, 6, 7]],
  [new nn.BlurPool2d(3, { kernelSize: 5, stride: 3, paddingMode: "circular" }), [1, 3, 6, 7]],
  [new nn.MaxBlurPool2d(2, 3, { stride: 2, padding: 1 }, { kernelSize: 3 }), [1, 2, 8, 7]],
  [new nn.BlurredConv2d(new nn.Conv2d(2, 4, 3, { stride: 2, padding: 1, groups: 2 }), {}), [2, 2, 8, 7]],
  [new nn.AdaptiveAvgPool1d(3), [2, 2, 7]],
  [new nn.AdaptiveAvgPool2d([2, 3]), [2, 2, 7, 7]],
  [new nn.AdaptiveAvgPool2d(1), [2, 2, 7, 7]],
  [new nn.AdaptiveAvgPool2d(7), [1, 2, 3, 3]],
  [new nn.AdaptiveMaxPool1d(3), [2, 2, 7]],
  [new nn.AdaptiveMaxPool2d([1, 1]), [1, 2, 7, 7]],
  [new nn.AdaptiveMaxPool2d([3, 2]), [2, 2, 7, 6]],
  [new nn.GlobalAvgPool(), [2, 3, 4, 5]],
  [new nn.GlobalMaxPool({ keepDims: true }), [2, 3, 4]],
  [new nn.BatchNorm1d(3), [4, 3]],
  [new nn.BatchNorm2d(3, { momentum: null, eps: 0.1 }), [2, 3, 2, 2]],
  [new nn.BatchNorm2d(3, { affine: false }), [2, 3, 2, 2]],
  [new nn.BatchNorm3d(2), [1, 2, 2, 2, 2]],
  [new nn.LayerNorm([2, 3]), [4, 2, 3]],
  [new nn.LayerNorm(3, { bias: false }), [4, 3]],
  [new nn.LayerNorm(3, { elementwiseAffine: false }), [2, 4, 3]],
  [new nn.GroupNorm(2, 4), [2, 4, 3]],
  [new nn.GroupNorm(2, 16), [2, 16]],
  [new nn.InstanceNorm1d(2), [2, 2, 3]],
  [new nn.InstanceNorm2d(2, { affine: true }), [2, 2, 3, 3]],
  [new nn.LocalResponseNorm(5, { k: 2 }), [1, 6, 2, 2]],
  [new nn.LocalResponseNorm(4, { alpha: 0.5 }), [2, 6, 2, 2]],
  [new nn.Dropout(), [2, 3]],
  [new nn.Dropout2d(0.1), [2, 3, 2, 2]],
  [new nn.StochasticDepth(0.5), [2, 3]],
  [new nn.Flatten(), [2, 3, 4, 5]],
  [new nn.Flatten(2), [2, 3, 4, 5]],
  [new nn.Flatten(0, 1), [2, 3, 4]],
  [new nn.Unflatten([3, 4]), [2, 12]],
  [new nn.Identity(), [2, 3]],
  [new nn.Upsample(2), [1, 1, 2, 3]],
  [new nn.Upsample([1.5, 2.3]), [2, 1, 5, 3]],
  [new nn.Upsample(1.3), [1, 2, 10]],
  [new nn.Upsample([1, 2], { mode: "bilinear" }), [2, 1, 2, 3]],
  [new nn.Upsample(2.5, { mode: "bilinear", alignCorners: true }), [1, 2, 3, 3]],
  [new nn.Upsample(1.7, { mode: "linear" }), [1, 2, 5]],
  [new nn.Upsample(0.5, { mode: "bilinear" }), [1, 2, 5, 4]],
  [new nn.Upsample(2, { mode: "trilinear" }), [1, 1, 2, 3, 2]],
  [new nn.ZeroPad2d([1, -1, 2, 0]), [1, 1, 2, 3]],
  [new nn.ReflectionPad2d([1, 0, 2, 1]), [2, 1, 4, 3]],
  [new nn.ReplicationPad2d([2, 0, 1, 3]), [2, 1, 1, 2]],
  [new nn.CircularPad2d([1, 2, 2, 0]), [1, 1, 2, 2]],
  [new nn.PReLU({ numParameters: 3 }), [2, 3, 2]],
  [new nn.PReLU(), [2, 3, 2, 2]],
  [new nn.LeakyReLU({ negativeSlope: 0.2 }), [2, 3]],
  [new nn.ReLU(), [2, 3]],
  [new nn.ReLU6(), [2, 3]],
  [new nn.ELU({ alpha: 0.5 }), [2, 3]],
  [new nn.SELU(), [2, 3]],
  [new nn.GELU(), [2, 3]],
  [new nn.GELU({ approximate: "tanh" }), [2, 3]],
  [new nn.SiLU(), [2, 3]],
  [new nn.Mish(), [2, 3]],
  [new nn.Sigmoid(), [2, 3]],
  [new nn.Hardsigmoid(), [2, 3]],
  [new nn.Hardswish(), [2, 3]],
  [new nn.Tanh(), [2, 3]],
  [new nn.Softplus(), [2, 3]],
  [new nn.Softplus({ beta: 3, threshold: 1 }), [2, 3]],
  [new nn.Softmax(1), [2, 3, 2]],
  [new nn.LogSoftmax(1), [2, 3, 2]],
  [new nn.Residual<nn.Module>(new nn.ReLU()), [2, 3]],
  [new nn.Sequential(new nn.Linear(3, 2), new nn.Tanh()), [2, 3]],
];

describe("onnxruntime and the importer compute what the reference does", () => {
  test.each(
    layers.map(([layer, shape]) => [`${String(layer).replaceAll(/\s+/g, " ")} [${shape}]`, layer, shape]),
  )("%s", async (_, layer, shape) => {
    randomize(layer as nn.Module, 3);
    const operand = { shape: shape as Shape, range: [-4, 4] as const };
    await expectSameInRuntime(layer as nn.Module, [operand]);
    await expectSameInRuntime(layer as nn.Module, [operand], { dynamicBatch: true, batch: 3 });
  });

  test("every layer is in the list", () => {
    const tested = new Set(layers.map(([layer]) => layer.constructor));
    const classes = Object.entries<unknown>(nn).filter(
      ([, each]) => typeof each === "function" && each.prototype instanceof nn.Module,
    );
    expect(classes.length).toBeGreaterThan(50);
    expect(classes.filter(([, each]) => !tested.has(each as never)).map(([name]) => name)).toEqual([]);
  });
});
