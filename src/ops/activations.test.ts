import { describe, expect, test } from "vitest";
import { gradients } from "../autograd/gradients.ts";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as ops from "./index.ts";

type Unary = (x: Tensor) => Tensor;

async function read(...tensors: Tensor[]): Promise<number[][]> {
  await evaluate(tensors, reference);
  return Promise.all(tensors.map(async (t) => [...(await t.data())]));
}

function derivative(f: Unary, x: Tensor): Tensor {
  return gradients(ops.sum(f(x)), [x])[0]!;
}

const column = (values: readonly number[]): Tensor => tensor(Float64Array.from(values));

describe("derivatives at kinks are PyTorch's", () => {
  test.each<[string, Unary, [x: number, derivative: number][]]>([
    ["relu", ops.relu, [[0, 0]]],
    [
      "relu6",
      ops.relu6,
      [
        [0, 0],
        [6, 0],
      ],
    ],
    ["leakyRelu", (x) => ops.leakyRelu(x, { negativeSlope: 0.2 }), [[0, 0.2]]],
    ["prelu", (x) => ops.prelu(x, column([0.25])), [[0, 0.25]]],
    ["elu", (x) => ops.elu(x, { alpha: 2 }), [[0, 2]]],
    ["selu", ops.selu, [[0, 1.0507009873554805 * 1.6732632423543772]]],
    [
      "hardsigmoid",
      ops.hardsigmoid,
      [
        [-3, 0],
        [3, 0],
      ],
    ],
    [
      "hardswish",
      ops.hardswish,
      [
        [-3, 0],
        [3, 1],
      ],
    ],
  ])("%s", async (_, f, points) => {
    const [found] = await read(derivative(f, column(points.map(([x]) => x))));
    points.forEach(([, expected], i) => {
      expect(found![i]).toBeCloseTo(expected, 14);
    });
  });
});

describe("values and derivatives stay finite for large |x|", () => {
  const [far, near] = [1e200, 1e4];
  test.each<[string, Unary, slopes: [left: number, right: number]]>([
    ["relu", ops.relu, [0, 1]],
    ["elu", ops.elu, [0, 1]],
    ["selu", ops.selu, [0, 1.0507009873554805]],
    ["gelu", ops.gelu, [0, 1]],
    ["gelu, tanh", (x) => ops.gelu(x, { approximate: "tanh" }), [0, 1]],
    ["silu", ops.silu, [0, 1]],
    ["mish", ops.mish, [0, 1]],
    ["hardswish", ops.hardswish, [0, 1]],
    ["softplus", ops.softplus, [0, 1]],
    ["softplus without threshold", (x) => ops.softplus(x, { threshold: Infinity }), [0, 1]],
    ["sigmoid", ops.sigmoid, [0, 0]],
  ])("%s", async (_, f, [left, right]) => {
    const x = column([-far, -near, near, far]);
    const y = f(x);
    const composed =
      y.source.kind === "node" && y.source.op.decompose
        ? y.source.op.decompose(y.source.inputs, y.source.attrs)
        : y;
    const [values, expanded, slopes] = await read(y, composed, derivative(f, x));
    expect(values!.every(Number.isFinite)).toBe(true);
    expect(expanded).toEqual(values);
    [left, left, right, right].forEach((slope, i) => {
      expect(slopes![i]).toBeCloseTo(slope, 12);
    });
  });
});

test("prelu takes one slope for each channel", async () => {
  const x = tensor(Float64Array.of(-1, -2, 3, -4), { shape: [1, 2, 2] });
  expect(await read(ops.prelu(x, column([0.5, 0.25])))).toEqual([[-0.5, -1, 3, -1]]);
  expect(() => ops.prelu(x, column([1, 2, 3]))).toThrow("3 slopes for 2 channels");
});

test("softplus with a threshold is the identity above it", async () => {
  const y = ops.softplus(column([3, 3.5]), { beta: 2, threshold: 6 });
  expect(await read(y)).toEqual([[Math.log1p(Math.exp(6)) / 2, 3.5]]);
});

test("whole numbers become float32", () => {
  expect(ops.relu(tensor(Int32Array.of(1, -1))).dtype).toBe("float32");
});
