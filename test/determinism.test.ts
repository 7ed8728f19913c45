import { describe, expect, test } from "vitest";
import { valueAndGrad } from "../src/autograd/grad.ts";
import { gradients } from "../src/autograd/gradients.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import { Draw } from "../src/core/draw.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { digits } from "../src/data/digits.ts";
import { lenet5 } from "../src/models/lenet.ts";
import { manualSeed } from "../src/nn/random.ts";
import * as ops from "../src/ops/index.ts";
import { SGD } from "../src/train/optimizers/sgd.ts";
import { cases, Operands } from "./agreement.ts";

/** More threads than processors, too: who does which part must not matter. */
const backends = [1, 2, 3].map((threads) => ({ threads, backend: createWasmBackend({ threads }) }));

/** The bits of results, so that −0 differs from 0 and NaN equals itself. */
async function bitsOf(tensors: readonly Tensor[]): Promise<Buffer[]> {
  return Promise.all(
    tensors.map(async (t) => {
      const data = await t.data();
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    }),
  );
}

async function expectEqualBits(what: string, build: () => readonly Tensor[]): Promise<void> {
  let first: Buffer[] | undefined;
  for (const { threads, backend } of backends) {
    const results = build();
    await evaluate(results, backend);
    const bits = await bitsOf(results);
    first ??= bits;
    bits.forEach((buffer, k) => {
      expect(buffer.equals(first![k]!), `${what}: result ${k} with ${threads} threads`).toBe(true);
    });
  }
}

const batch = 16;
const channels = 16;
const extent = 24;
const shape = [batch, channels, extent, extent];

type Layer = (o: Operands, x: Tensor, parameters: Tensor[], generator: ops.Generator) => Tensor;

/** Layers that keep the shape, so that a stack of any of them is a program. */
const layers: readonly Layer[] = [
  (o, x, parameters) => {
    const weight = o.float([channels, channels, 3, 3], [-0.2, 0.2]);
    const bias = o.float([channels]);
    parameters.push(weight, bias);
    return ops.relu(ops.conv2d(x, weight, { bias, padding: 1 }));
  },
  (o, x, parameters) => {
    const weight = o.float([channels, 1, 3, 3]);
    parameters.push(weight);
    return ops.silu(ops.conv2d(x, weight, { padding: 1, groups: channels }));
  },
  (o, x, parameters) => {
    const weight = o.float([channels, channels, 2, 2], [-0.2, 0.2]);
    parameters.push(weight);
    return ops.convTranspose2d(ops.maxPool2d(x, 2), weight, { stride: 2 });
  },
  (o, x, parameters) => {
    const [weight, bias] = [o.float([channels]), o.float([channels])];
    parameters.push(weight, bias);
    return ops.batchNorm(x, { weight, bias });
  },
  (_, x) => ops.groupNorm(x, 4),
  (_, x) => ops.layerNorm(x, [extent]),
  (_, x, __, generator) => ops.dropout(x, 0.3, { generator }),
  (o, x, parameters) => {
    const weight = o.float([extent, extent], [-0.3, 0.3]);
    parameters.push(weight);
    return ops.gelu(ops.matmul(x, weight));
  },
  (_, x) => ops.mul(x, ops.softmax(ops.mean(x, [2, 3], { keepDims: true }), 1)),
  (_, x) => ops.interpolate(ops.avgPool2d(x, 2), { size: [extent, extent], mode: "bilinear" }),
];

describe("results are the same bits with 1, 2 and 3 threads", () => {
  test.each(Array.from({ length: cases(6, 60) }, (_, seed) => [seed]))(
    "a random stack of layers and its gradients, seed %i",
    async (seed) => {
      await expectEqualBits(`seed ${seed}`, () => {
        const o = new Operands(seed);
        const x = o.float(shape);
        const generator = new ops.Generator(seed);
        const parameters: Tensor[] = [];
        let y = x;
        for (let depth = 0; depth < 5; depth++) y = o.draw.pick(layers)(o, y, parameters, generator);
        return [y, ...gradients(ops.mean(ops.square(y)), [x, ...parameters])];
      });
    },
  );

  test("reductions over every set of axes, products and sums in any order", async () => {
    await expectEqualBits("reductions", () => {
      const o = new Operands(11);
      const x = o.float(shape);
      const sets = Array.from({ length: 15 }, (_, mask) =>
        [0, 1, 2, 3].filter((axis) => ((mask + 1) >> axis) & 1),
      );
      const matrix = ops.reshape(x, [batch * channels, extent * extent]);
      return [
        ...sets.flatMap((axes) => [ops.sum(x, axes), ops.max(x, axes), ops.variance(x, axes)]),
        ops.matmul(matrix, ops.transpose(matrix)),
        ops.matmul(ops.transpose(matrix), matrix),
        ops.argmax(x),
        ops.norm(x),
        ops.logSoftmax(matrix, 0),
      ];
    });
  });

  test("random numbers of every size", async () => {
    await expectEqualBits("random numbers", () => {
      const generator = new ops.Generator(2 ** 40 + 3);
      return [[3], [70, 61], [16, 16, 24, 24], [100_001]].flatMap((size) => [
        ops.uniform(size, { generator }),
        ops.normal(size, { generator }),
        ops.bernoulli(size, 0.4, { generator }),
      ]);
    });
  });

  test("twenty steps of training LeNet-5: all parameters", async () => {
    const steps = 20;
    const size = 32;
    const data: { images: Float32Array; labels: Int32Array }[] = [];
    for await (const { images, labels } of digits({ length: steps * size }).batches(size)) {
      data.push({ images, labels });
    }
    let first: Buffer[] | undefined;
    for (const { threads, backend } of backends) {
      manualSeed(4);
      const model = lenet5();
      const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });
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
      const losses: Tensor[] = [];
      for (const { images, labels } of data) {
        losses.push(await step(tensor(images, { shape: [size, 1, 28, 28] }), tensor(labels)));
      }
      const bits = await bitsOf([...losses, ...[...model.parameters()].map((parameter) => parameter.value)]);
      first ??= bits;
      bits.forEach((buffer, k) => {
        const what = k < steps ? `loss of step ${k}` : `parameter ${k - steps}`;
        expect(buffer.equals(first![k]!), `${what} with ${threads} threads`).toBe(true);
      });
    }
    const start = new Float32Array(new Uint8Array(first![0]!).buffer)[0]!;
    const end = new Float32Array(new Uint8Array(first![steps - 1]!).buffer)[0]!;
    expect(end).toBeLessThan(start);
  });

  test("the same program, run again and again while threads race", async () => {
    const draw = new Draw(9);
    const values = Float32Array.from({ length: 8 * 16 * 20 * 20 }, () => draw.float(-1, 1));
    const o = new Operands(10);
    const weight = o.float([16, 16, 3, 3]);
    const { backend } = backends[2]!;
    const program = compile(
      (x: Tensor) => {
        const y = ops.conv2d(x, weight, { padding: 1 });
        return [y, ...gradients(ops.sum(ops.square(ops.batchNorm(y))), [x, weight])];
      },
      { backend },
    );
    const run = async (): Promise<Buffer[]> =>
      bitsOf(await program(tensor(values, { shape: [8, 16, 20, 20] })));
    const expected = await run();
    for (let i = 0; i < 50; i++) {
      for (const [k, buffer] of (await run()).entries())
        expect(buffer.equals(expected[k]!), `run ${i}, result ${k}`).toBe(true);
    }
  });
});
