import { expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as ops from "./index.ts";

async function read(t: Tensor): Promise<number[]> {
  await evaluate([t], reference);
  return [...(await t.data())];
}

test("logSumExp of infinite elements", async () => {
  const x = tensor(Float64Array.of(-Infinity, -Infinity, Infinity, 1, 1000, 1000), { shape: [3, 2] });
  expect(await read(ops.logSumExp(x, 1))).toEqual([-Infinity, Infinity, 1000 + Math.LN2]);
});

test("norm, softmax and logSoftmax of zeros and of distant elements", async () => {
  const x = tensor(Float64Array.of(3, 4, 0, 0), { shape: [2, 2] });
  expect(await read(ops.norm(x, 1))).toEqual([5, 0]);
  expect(await read(ops.softmax(tensor(Float64Array.of(1e4, -1e4))))).toEqual([1, 0]);
  expect(await read(ops.logSoftmax(tensor(Float64Array.of(1e4, -1e4))))).toEqual([0, -2e4]);
});
