import { describe, expect, test } from "vitest";
import { floats, ints, modelBytes, node } from "../../test/onnx-builder.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { createModel } from "../models/create-model.ts";
import { AvgPool2d } from "../nn/avg-pool2d.ts";
import { ConvTranspose2d } from "../nn/conv-transpose2d.ts";
import { Conv1d } from "../nn/conv1d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { Sequential } from "../nn/sequential.ts";
import { Upsample } from "../nn/upsample.ts";
import { importOnnx } from "../onnx/index.ts";
import {
  add,
  concat,
  conv2d,
  flip,
  interpolate,
  linear,
  matmul,
  mean,
  mul,
  narrow,
  pad,
  permute,
  reshape,
  sigmoid,
} from "../ops/index.ts";
import { type AxisField, fieldOf, receptiveField } from "./receptive-field.ts";

/** A network that is one function, without layers of its own. */
class Written extends Module {
  readonly #body: (x: Tensor) => Tensor;
  constructor(body: (x: Tensor) => Tensor) {
    super();
    this.#body = body;
  }
  override forward(x: Tensor): Tensor {
    return this.#body(x);
  }
}

const kernel = (size: number, channels = 1, outputs = 1): Tensor =>
  tensor(new Float32Array(size * size * channels * outputs), { shape: [outputs, channels, size, size] });

/** The field of a function's output along the rows of a [C, 32, 32] image. */
function fieldOfFunction(body: (x: Tensor) => Tensor, channels = 1): AxisField {
  return receptiveField(new Written(body), [channels, 32, 32]).at(-1)!.axes[0]!;
}

const last = (model: Module, shape: readonly number[]): AxisField =>
  receptiveField(model, shape).at(-1)!.axes[0]!;

describe("the field of a layer", () => {
  test("of LeNet-5 grows as the arithmetic says", () => {
    const rows = receptiveField(createModel("lenet5"), [1, 28, 28]).map(({ name, axes: [axis] }) => {
      return [name, axis!.size, axis!.stride, axis!.start];
    });
    expect(rows.slice(0, 7)).toEqual([
      ["0", 5, 1, -2],
      ["1", 5, 1, -2],
      ["2", 6, 2, -2],
      ["3", 14, 2, -2],
      ["4", 14, 2, -2],
      ["5", 16, 4, -2],
      ["6", 28, 0, 0],
    ]);
  });

  test("two 3×3 convolutions see what one of 5×5 does", () => {
    const two = new Sequential(new Conv2d(1, 1, 3), new Conv2d(1, 1, 3));
    expect(last(two, [1, 9, 9]).size).toBe(last(new Conv2d(1, 1, 5), [1, 9, 9]).size);
  });

  test("of dilated convolutions doubles with each; one alone has gaps", () => {
    const stack = new Sequential(...[1, 2, 4, 8].map((dilation) => new Conv1d(1, 1, 2, { dilation })));
    expect(last(stack, [1, 40])).toMatchObject({ size: 16, taps: 16 });
    const gaps = last(new Conv2d(1, 1, 3, { dilation: 4, padding: 4 }), [1, 32, 32]);
    expect(gaps).toMatchObject({ size: 9, taps: 3, start: -4, pad: 4 });
    expect(fieldOf(gaps, 1)).toEqual([1, 1, 5, 5]);
  });

  test("has other sizes along other axes", () => {
    const axes = receptiveField(
      new Conv2d(1, 1, [1, 7], { stride: [2, 1], padding: [0, 3] }),
      [1, 16, 16],
    ).at(-1)!.axes;
    expect(axes).toMatchObject([
      { size: 1, stride: 2, pad: 0 },
      { size: 7, stride: 1, pad: 3 },
    ]);
  });

  test("through branches is their union, with the narrowest and the widest way", () => {
    const axis = fieldOfFunction((x) => {
      const branches = [1, 3, 7].map((size) => conv2d(x, kernel(size), { padding: (size - 1) / 2 }));
      return concat(branches, 1);
    });
    expect(axis).toMatchObject({ size: 7, least: 1, most: 7, taps: 7 });
    const apart = fieldOfFunction((x) => add(narrow(x, 2, 0, 20), narrow(x, 2, 12, 32)));
    expect(apart).toMatchObject({ size: 13, least: 1, most: 1, taps: 2, start: 0 });
  });

  test("of upsampling moves by a fraction, and of a transposed convolution too", () => {
    expect(last(new Upsample(2), [1, 8, 8])).toMatchObject({
      size: 1,
      stride: 0.5,
      outputs: 16,
    });
    const bilinear = last(new Upsample(2, { mode: "bilinear" }), [1, 8, 8]);
    expect(bilinear).toMatchObject({ size: 2, stride: 0.5 });
    const up = last(new ConvTranspose2d(1, 1, 4, { stride: 2, padding: 1 }), [1, 8, 8]);
    expect(up).toMatchObject({ size: 2, stride: 0.5, start: -1 });
    expect([0, 1, 2, 3].map((n) => fieldOf(up, n))).toEqual([
      [0, 0],
      [0, 1],
      [0, 1],
      [1, 2],
    ]);
    const down = last(new Sequential(new Upsample(2), new AvgPool2d(2)), [1, 8, 8]);
    expect(down).toMatchObject({ size: 1, stride: 1, start: 0 });
  });

  test("of resizing to any size covers the neighbours that are read", () => {
    const axis = receptiveField(
      new Written((x) => interpolate(x, { size: 20, mode: "bilinear", alignCorners: true })),
      [1, 7, 7],
    ).at(-1)!.axes[0]!;
    for (let o = 0; o < 20; o++) {
      const position = (o * 6) / 19;
      const [first, end] = [Math.floor(position), Math.ceil(position)];
      const seen = fieldOf(axis, o);
      expect(seen[0]! <= first && seen.at(-1)! >= end, `output ${o}`).toBe(true);
    }
  });

  test("is everything after a mean over all places, which a gate carries along", () => {
    const pooled = fieldOfFunction((x) => mean(x, [2, 3], { keepDims: true }));
    expect(pooled).toMatchObject({ whole: true, size: 32, stride: 0, outputAxis: undefined });
    const gated = fieldOfFunction((x) => {
      const y = conv2d(x, kernel(3), { padding: 1 });
      return mul(y, sigmoid(mean(y, [2, 3], { keepDims: true })));
    });
    expect(gated).toMatchObject({ whole: true, least: 3 });
    const flat = last(new Sequential(new Conv2d(1, 2, 3), new Flatten(), new Linear(18, 4)), [1, 5, 5]);
    expect(flat).toMatchObject({ whole: true });
    const [rows, columns] = receptiveField(new Flatten(), [1, 6, 8])[0]!.axes;
    expect([rows, columns]).toMatchObject([
      { whole: true, size: 6, stride: 0 },
      { whole: true, size: 8, stride: 0 },
    ]);
  });

  test("is everything that is seen, where windows leave places out", () => {
    const axis = fieldOfFunction((x) => mean(conv2d(x, kernel(1), { stride: 4 }), [2, 3]));
    expect(axis).toMatchObject({ size: 29, taps: 8, whole: false });
  });

  test("goes through channels-last layouts, merged and split axes", () => {
    const body = (x: Tensor): Tensor => {
      const last = permute(conv2d(x, kernel(3, 1, 2), { padding: 1 }), [0, 2, 3, 1]);
      const rows = matmul(
        reshape(last, [32 * 32, 2]),
        tensor([
          [1, 2],
          [3, 4],
        ]),
      );
      return permute(reshape(rows, [1, 32, 32, 2]), [0, 3, 1, 2]);
    };
    expect(fieldOfFunction((x) => conv2d(body(x), kernel(3, 2), { padding: 1 }))).toMatchObject({
      size: 5,
      stride: 1,
      pad: 2,
    });
    const row = fieldOfFunction((x) =>
      linear(permute(x, [0, 1, 3, 2]), tensor(new Float32Array(64), { shape: [2, 32] })),
    );
    expect(row).toMatchObject({ size: 32, whole: true });
  });

  test("follows pixels to channels and back", () => {
    const unshuffle = (x: Tensor): Tensor =>
      reshape(permute(reshape(x, [1, 1, 16, 2, 16, 2]), [0, 1, 3, 5, 2, 4]), [1, 4, 16, 16]);
    const shuffle = (x: Tensor): Tensor =>
      reshape(permute(reshape(x, [1, 1, 2, 2, 16, 16]), [0, 1, 4, 2, 5, 3]), [1, 1, 32, 32]);
    expect(fieldOfFunction((x) => shuffle(unshuffle(x)))).toMatchObject({ size: 1, stride: 1, start: 0 });
    const mixed = fieldOfFunction((x) => conv2d(unshuffle(x), kernel(1, 4)));
    expect(mixed).toMatchObject({ size: 2, stride: 2 });
    expect(fieldOfFunction((x) => shuffle(conv2d(unshuffle(x), kernel(1, 4, 4))))).toMatchObject({
      size: 2,
      stride: 1,
    });
  });

  test("goes on straight over padding that copies, and backwards through a reversal", () => {
    for (const mode of ["reflect", "replicate", "circular", "constant"] as const) {
      const axis = fieldOfFunction((x) => conv2d(pad(x, [2, 2, 2, 2], { mode }), kernel(5)));
      expect(axis, mode).toMatchObject({ size: 5, stride: 1, pad: 2 });
    }
    expect(fieldOfFunction((x) => flip(x, 2))).toMatchObject({ size: 1, stride: -1, start: 31 });
  });

  test("of an ONNX network is that of its nodes", () => {
    const bytes = modelBytes({
      inputs: { x: [1, 1, 16, 16] },
      outputs: ["y"],
      initializers: [floats("w", [2, 1, 3, 3], new Float32Array(18)), ints("to", [2], [1, 32])],
      nodes: [
        node("Conv", ["x", "w"], ["a"], { strides: [2, 2], pads: [1, 1, 1, 1] }),
        node("MaxPool", ["a"], ["b"], { kernel_shape: [2, 2], strides: [2, 2] }),
        node("Reshape", ["b", "to"], ["y"]),
      ],
    });
    const fields = receptiveField(importOnnx(bytes), [1, 16, 16]);
    expect(fields.map(({ name, axes: [axis] }) => [name, axis!.size, axis!.stride])).toEqual([
      ["a", 3, 2],
      ["b", 5, 4],
      ["y", 16, 0],
      ["", 16, 0],
    ]);
  });

  test("is left out where a layer does not depend on the input, and empty without spatial axes", () => {
    expect(receptiveField(new Written(() => tensor([1, 2])), [1, 8, 8])).toEqual([]);
    expect(receptiveField(new Linear(4, 2), [4])).toEqual([]);
    expect(last(new MaxPool2d(3, { dilation: 2 }), [1, 9, 9])).toMatchObject({ size: 5, taps: 3 });
  });
});
