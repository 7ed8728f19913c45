import { describe, expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { gather, scatterAdd, take } from "./gather.ts";

async function read(x: Tensor): Promise<number[]> {
  await evaluate([x], reference);
  return [...(await x.data())];
}

const x: Tensor = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const index = (values: number[][]): Tensor => tensor(values, { dtype: "int32" });

describe("gather", () => {
  test("picks along the axis that is named", async () => {
    expect(await read(gather(x, index([[2], [0]]), 1))).toEqual([3, 4]);
    expect(await read(gather(x, index([[1, 0, 1]]), -2))).toEqual([4, 2, 6]);
  });

  test("names op, value and extent of an index out of range", async () => {
    await expect(read(gather(x, index([[3], [0]]), 1))).rejects.toThrow(
      "gather: index 3 lies outside axis 1, which has extent 3",
    );
    await expect(read(gather(x, index([[0], [-1]]), 1))).rejects.toThrow("index -1");
  });

  test("refuses an index that does not fit", () => {
    expect(() => gather(x, index([[0]]), 1)).toThrow("must have the shape of x, except on axis 1");
    expect(() => gather(x, tensor([[0], [0]]), 1)).toThrow("int32, not float32");
    expect(() => gather(x, tensor([0], { dtype: "int32" }), 1)).toThrow("1 axes and x has 2");
  });
});

describe("scatterAdd", () => {
  test("adds what lands on one element", async () => {
    const source = tensor([[1, 2, 3]]);
    expect(await read(scatterAdd(source, index([[1, 1, 0]]), 1, 4))).toEqual([3, 3, 0, 0]);
  });

  test("refuses an index out of range", async () => {
    await expect(read(scatterAdd(tensor([[1]]), index([[4]]), 1, 4))).rejects.toThrow(
      "scatterAdd: index 4 lies outside axis 1, which has extent 4",
    );
  });
});

describe("take", () => {
  test("uses one list for the whole axis", async () => {
    expect(await read(take(x, [2, 2, 0], 1))).toEqual([3, 3, 1, 6, 6, 4]);
    expect(await read(take(x, tensor([1], { dtype: "int32" })))).toEqual([4, 5, 6]);
    expect(take(x, [], 1).shape).toEqual([2, 0]);
  });

  test("checks a list at once", () => {
    expect(() => take(x, [0, 3], 1)).toThrow("take: index 3 lies outside axis 1, which has extent 3");
    expect(() => take(x, [0.5])).toThrow("take: index 0.5");
    expect(() => take(x, index([[0]]))).toThrow("must be a vector");
  });
});
