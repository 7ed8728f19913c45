import fc from "fast-check";
import { expect, test } from "vitest";
import { gradients } from "../autograd/gradients.ts";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as ops from "./index.ts";

async function read(...tensors: Tensor[]): Promise<number[][]> {
  await evaluate(tensors, reference);
  return Promise.all(tensors.map(async (t) => [...(await t.data())]));
}

/** Few different values, so that there are ties. */
const element = fc.constantFrom(-Infinity, -1, 0, 0.5, 2, Infinity);

test("equals a stable sort, for any k and either end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(element, { minLength: 1, maxLength: 24 }),
      fc.nat(),
      fc.boolean(),
      async (values, pick, largest) => {
        const k = 1 + (pick % values.length);
        const order = values
          .map((_, i) => i)
          .sort((a, b) => {
            const [x, y] = [values[a]!, values[b]!];
            return x === y ? a - b : x > y === largest ? -1 : 1;
          })
          .slice(0, k);
        const found = ops.topk(tensor(Float64Array.from(values)), k, { largest });
        const [top, indices] = await read(found.values, found.indices);
        expect(indices).toEqual(order);
        expect(top).toEqual(order.map((i) => values[i]));
      },
    ),
    { numRuns: 60 },
  );
});

test.each([2, 17])("works along an inner axis, k = %i", async (k) => {
  const [rows, columns] = [20, 3];
  const data = Float64Array.from({ length: rows * columns }, (_, i) => (i * 37) % 61);
  const { indices } = ops.topk(tensor(data, { shape: [1, rows, columns] }), k, { axis: 1 });
  expect(indices.shape).toEqual([1, k, columns]);
  const [found] = await read(indices);
  for (let c = 0; c < columns; c++) {
    const order = Array.from({ length: rows }, (_, r) => r)
      .sort((a, b) => data[b * columns + c]! - data[a * columns + c]!)
      .slice(0, k);
    expect(found!.filter((_, i) => i % columns === c)).toEqual(order);
  }
});

test("whole numbers keep their order to the ends of int32", async () => {
  const x = tensor(Int32Array.of(2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 2, -(2 ** 31)));
  const lowest = ops.topk(x, 3, { largest: false });
  expect(await read(lowest.indices, ops.topk(x, 4).indices)).toEqual([
    [1, 3, 2],
    [0, 2, 1, 3],
  ]);
});

test("NaN comes first among the largest", async () => {
  expect(await read(ops.topk(tensor([1, NaN, 3]), 2).indices)).toEqual([[1, 2]]);
});

test("the gradient goes to the chosen elements", async () => {
  const x = tensor(Float64Array.of(3, 1, 2));
  const { values } = ops.topk(x, 2);
  const weights = tensor(Float64Array.of(10, 20));
  expect(await read(gradients(ops.sum(ops.mul(values, weights)), [x])[0]!)).toEqual([[10, 0, 20]]);
});

test("k must fit the axis", () => {
  expect(() => ops.topk(tensor([1, 2]), 3)).toThrow("from 1 to 2");
});
