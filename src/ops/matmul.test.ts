import { expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as ops from "./index.ts";

async function read(t: Tensor): Promise<number[]> {
  await evaluate([t], reference);
  return [...(await t.data())];
}

function counting(shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: size }, (_, i) => i + 1),
    { shape },
  );
}

test.each<[a: number[], b: number[], result: number[]]>([
  [
    [2, 3],
    [3, 4],
    [2, 4],
  ],
  [[3], [3], []],
  [[3], [3, 4], [4]],
  [[2, 3], [3], [2]],
  [
    [5, 2, 3],
    [3, 4],
    [5, 2, 4],
  ],
  [
    [2, 3],
    [5, 3, 4],
    [5, 2, 4],
  ],
  [
    [7, 1, 2, 3],
    [5, 3, 4],
    [7, 5, 2, 4],
  ],
  [[5, 2, 3], [3], [5, 2]],
  [[3], [5, 3, 4], [5, 4]],
])("%j × %j has shape %j", (a, b, result) => {
  expect(ops.matmul(counting(a), counting(b)).shape).toEqual(result);
});

test("values", async () => {
  expect(await read(ops.matmul(counting([2, 2]), counting([2, 2])))).toEqual([7, 10, 15, 22]);
  expect(await read(ops.matmul(counting([2]), counting([2, 2, 2])))).toEqual([7, 10, 19, 22]);
  const batched = ops.matmul(counting([2, 1, 2]), counting([2, 2, 1]));
  expect(await read(batched)).toEqual([5, 25]);
});

test("operands that do not fit are named", () => {
  expect(() => ops.matmul(counting([2, 3]), counting([4, 2]))).toThrow("3 columns meet 4 rows");
  expect(() => ops.matmul(counting([2, 2, 3]), counting([3, 3, 4]))).toThrow("broadcast");
  expect(() => ops.matmul(counting([]), counting([3]))).toThrow("scalar");
  expect(() => ops.linear(counting([2, 3]), counting([5, 4]))).toThrow(
    "3 features, but the weight expects 4",
  );
});

test("linear equals the matrix product with the transposed weight", async () => {
  const [x, weight, bias] = [counting([2, 1, 3]), counting([4, 3]), counting([4])];
  const product = ops.add(ops.matmul(x, ops.transpose(weight)), bias);
  expect(ops.linear(x, weight, bias).shape).toEqual([2, 1, 4]);
  expect(await read(ops.linear(x, weight, bias))).toEqual(await read(product));
});
