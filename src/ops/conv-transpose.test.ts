import { describe, expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { tensor } from "../core/tensor.ts";
import { convTranspose1d, convTranspose2d, convTranspose3d } from "./conv-transpose.ts";
import { zeros } from "./like.ts";

describe("convTranspose", () => {
  test("lays a copy of the kernel at every stride-th place", async () => {
    const y = convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 10, 100]]]), { stride: 2, outputPadding: 1 });
    await evaluate([y], reference);
    expect([...(await y.data())]).toEqual([1, 10, 102, 20, 200, 0]);
  });

  test("has the extents (n − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1", () => {
    const options = { stride: [2, 3], padding: 1, outputPadding: [1, 2], dilation: [1, 2], groups: 2 };
    expect(convTranspose2d(zeros([2, 4, 5, 6]), zeros([4, 3, 3, 2]), options).shape).toEqual([2, 6, 10, 18]);
    expect(convTranspose3d(zeros([1, 2, 2, 2]), zeros([1, 1, 3, 3, 3])).shape).toEqual([1, 4, 4, 4]);
  });

  test("says what does not fit", () => {
    const x = zeros([1, 4, 5, 5]);
    expect(() => convTranspose2d(x, zeros([3, 2, 3, 3]))).toThrow(
      "convTranspose2d: input has 4 channels, but the weight expects 3",
    );
    expect(() => convTranspose2d(x, zeros([4, 2, 3, 3]), { groups: 3 })).toThrow(
      "do not divide into 3 groups",
    );
    expect(() => convTranspose2d(x, zeros([4, 2, 3, 3]), { outputPadding: 1 })).toThrow(
      "outputPadding 1 must be less than the stride 1 or the dilation 1",
    );
    expect(() => convTranspose2d(zeros([1, 4, 1, 1]), zeros([4, 2, 3, 3]), { padding: 2 })).toThrow(
      "output would be empty: its extents would be -1×-1",
    );
    expect(() => convTranspose2d(zeros([4]), zeros([4, 2, 3, 3]))).toThrow("input must have 4 axes");
  });
});
