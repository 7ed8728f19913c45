import { expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { Draw } from "../core/draw.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as ops from "./index.ts";

async function read(t: Tensor): Promise<number[]> {
  await evaluate([t], reference);
  return [...(await t.data())];
}

function random(seed: number, shape: readonly number[], offset = 0): Tensor {
  const draw = new Draw(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: size }, () => offset + draw.float(-1, 1)),
    { shape },
  );
}

async function expectEqual(actual: Tensor, expected: Tensor): Promise<void> {
  const values = await read(expected);
  (await read(actual)).forEach((value, i) => {
    expect(value).toBeCloseTo(values[i]!, 10);
  });
}

test("batchNorm is batchNormInference with the batch's own statistics", async () => {
  const x = random(1, [3, 2, 4]);
  const affine = { weight: random(2, [2]), bias: random(3, [2]), eps: 0.01 };
  await expectEqual(ops.batchNorm(x, affine), ops.batchNormInference(x, ops.batchStatistics(x), affine));
});

test("batchStatistics are the mean and the biased variance of each channel", async () => {
  const x = tensor(Float64Array.of(1, 3, 5, 5, 3, 5, 7, 5), { shape: [2, 2, 2] });
  const { mean, variance } = ops.batchStatistics(x);
  expect([await read(mean), await read(variance)]).toEqual([
    [3, 5.5],
    [2, 0.75],
  ]);
});

test("groupNorm with one group is layerNorm over channels and positions", async () => {
  const x = random(4, [2, 3, 2, 2]);
  await expectEqual(ops.groupNorm(x, 1), ops.layerNorm(x, [3, 2, 2]));
});

test("groupNorm with as many groups as channels is instanceNorm", async () => {
  const x = random(5, [2, 3, 4]);
  const affine = { weight: random(6, [3]), bias: random(7, [3]) };
  await expectEqual(ops.groupNorm(x, 3, affine), ops.instanceNorm(x, affine));
});

test("a large mean does not drown the variance", async () => {
  const small = random(8, [4, 1, 8]);
  const offset = 2 ** 30;
  const shifted = ops.add(small, offset);
  const found = await read(ops.batchNorm(shifted));
  const expected = await read(ops.batchNorm(small));
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
});

test("localResponseNorm counts absent channels as 0 and divides alpha by the window's size", async () => {
  const x = tensor(Float64Array.of(1, 2, 3), { shape: [1, 3, 1] });
  const y = ops.localResponseNorm(x, 2, { alpha: 4, beta: 1, k: 1 });
  expect(await read(y)).toEqual([1 / 3, 2 / 11, 3 / 27]);
});

test("operands that do not fit are refused", () => {
  const x = random(9, [2, 4, 3]);
  expect(() => ops.batchNorm(x, { weight: random(1, [3]) })).toThrow("4 channels");
  expect(() => ops.batchNorm(random(1, [1, 4, 1]))).toThrow("one value per channel");
  expect(() => ops.batchNorm(random(1, [4]))).toThrow("no channel axis");
  expect(() => ops.groupNorm(x, 3)).toThrow("do not split into 3 groups");
  expect(() => ops.layerNorm(x, [4])).toThrow("layerNorm");
  expect(() => ops.layerNorm(x, 3, { weight: random(1, [4]) })).toThrow("normalized shape");
  expect(() => ops.instanceNorm(random(1, [2, 4, 1]))).toThrow("one position");
  expect(() => ops.localResponseNorm(x, 0)).toThrow("size");
});
