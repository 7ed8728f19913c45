import { describe, expect, test } from "vitest";
import { valueAndGrad } from "../src/autograd/grad.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { createModel } from "../src/models/index.ts";
import { BatchNorm2d, Conv2d, Linear, MaxPool2d, ReLU, Sequential } from "../src/nn/index.ts";
import * as ops from "../src/ops/index.ts";
import { SGD } from "../src/train/index.ts";

const backend = createWasmBackend({ threads: 1 });
const zeros = (...shape: number[]): Tensor =>
  tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });

/** What runs each time: weights are laid out, and batch normalization folded into them, ahead. */
async function kindsOf(fn: (x: Tensor) => Tensor, x: Tensor): Promise<string[]> {
  const program = await compile(fn, { backend }).program(x);
  return program
    .describe()
    .filter(({ ahead }) => !ahead)
    .map(({ kind }) => kind);
}

describe("fusion", () => {
  test("a chain of elementwise ops and views is one kernel", async () => {
    const chain = (x: Tensor): Tensor => ops.mul(ops.relu(ops.transpose(ops.add(ops.exp(x), 1))), 2);
    expect(await kindsOf(chain, zeros(7, 9))).toEqual(["map"]);
  });

  test("a reduction takes in what produces its operand and what follows it", async () => {
    const norm = (x: Tensor): Tensor => ops.sqrt(ops.add(ops.sum(ops.square(ops.sub(x, 3)), 1), 1e-5));
    expect(await kindsOf(norm, zeros(7, 9))).toEqual(["reduce"]);
  });

  // Between convolutions channels lie last: the first map brings the images into that order, the last one brings the
  // result back.
  test("convolution, padding, bias and activation are one kernel", async () => {
    const layer = new Sequential(new Conv2d(3, 8, 3), new ReLU());
    expect(await kindsOf((x) => layer.forward(x), zeros(2, 3, 9, 9))).toEqual(["map", "contraction", "map"]);
    const conv = (from: number, to: number): Conv2d => new Conv2d(from, to, 3, { padding: 1 });
    const padded = new Sequential(conv(3, 8), new ReLU(), conv(8, 8), new ReLU());
    expect(await kindsOf((x) => padded.forward(x), zeros(2, 3, 9, 9))).toEqual([
      "map",
      "contraction",
      "contraction",
      "map",
    ]);
  });

  test("batch normalization in evaluation is part of the convolution before it", async () => {
    const block = new Sequential(new Conv2d(3, 8, 3), new BatchNorm2d(8), new ReLU());
    block.eval();
    expect(await kindsOf((x) => block.forward(x), zeros(2, 3, 9, 9))).toEqual(["map", "contraction", "map"]);
  });

  test("pooling after an activation reads the convolution's result once", async () => {
    const block = new Sequential(new Conv2d(1, 4, 3), new ReLU(), new MaxPool2d(2));
    expect(await kindsOf((x) => block.forward(x), zeros(2, 1, 10, 10))).toEqual([
      "map",
      "contraction",
      "reduce",
      "map",
    ]);
  });

  test("a linear layer with activation is one matrix product", async () => {
    const layer = new Sequential(new Linear(20, 30), new ReLU());
    expect(await kindsOf((x) => layer.forward(x), zeros(16, 20))).toEqual(["contraction"]);
  });

  test("a training step of LeNet-5 stays within its number of kernels, and copies no variable", async () => {
    const model = createModel("lenet5");
    const optimizer = new SGD({ lr: 0.1, momentum: 0.9 });
    const step = compile(
      (images: Tensor, labels: Tensor) => {
        const { value, grads } = valueAndGrad(
          () => ops.crossEntropy(model.forward(images), labels),
          model.parameters(),
        );
        optimizer.update(grads);
        return value;
      },
      { backend },
    );
    const labels = tensor(new Int32Array(64), { shape: [64] });
    const program = await step.program(zeros(64, 1, 28, 28), labels);
    const kernels = program.describe();
    expect(kernels.filter(({ name }) => name === "copy")).toEqual([]);
    expect(kernels.length).toBeLessThanOrEqual(53);
    // 416,520 multiply-accumulates an image forward; backward both gradients of each layer but the first's input's.
    const forward = 416_520;
    const firstLayer = 117_600;
    expect(kernels.reduce((macs, kernel) => macs + kernel.macs, 0)).toBeGreaterThanOrEqual(
      64 * (3 * forward - firstLayer),
    );
  });
});
