import { describe, expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { zeros } from "./like.ts";
import { pad } from "./pad.ts";

async function read(x: Tensor): Promise<number[]> {
  await evaluate([x], reference);
  return [...(await x.data())];
}

const x: Tensor = tensor([1, 2, 3, 4]);

describe("pad", () => {
  test.each([
    ["constant", [0, 0, 1, 2, 3, 4, 0]],
    ["reflect", [3, 2, 1, 2, 3, 4, 3]],
    ["replicate", [1, 1, 1, 2, 3, 4, 4]],
    ["circular", [3, 4, 1, 2, 3, 4, 1]],
  ] as const)("mode %s", async (mode, expected) => {
    expect(await read(pad(x, [2, 1], { mode }))).toEqual(expected);
    expect(pad(zeros([2, 3, 5, 6]), [1, 2, 3, 1], { mode }).shape).toEqual([2, 3, 9, 9]);
  });

  test("lists the last axis first", async () => {
    expect(await read(pad(tensor([[1, 2]]), [1, 0, 0, 1], { value: 7 }))).toEqual([7, 1, 2, 7, 7, 7]);
  });

  test("crops where a width is negative", async () => {
    expect(await read(pad(x, [-1, -2]))).toEqual([2]);
    expect(await read(pad(x, [-1, 2], { value: 9 }))).toEqual([2, 3, 4, 9, 9]);
    expect(await read(pad(x, [-2, 2], { mode: "replicate" }))).toEqual([3, 4, 4, 4]);
    expect(pad(x, [-4, 0]).shape).toEqual([0]);
    expect(() => pad(x, [-3, -2])).toThrow("axis 0 is cropped by more than its 4 elements");
  });

  test("names the limit of a mode", async () => {
    expect(await read(pad(x, [3, 0], { mode: "reflect" }))).toEqual([4, 3, 2, 1, 2, 3, 4]);
    expect(() => pad(x, [0, 4], { mode: "reflect" })).toThrow(
      'mode "reflect" can put at most 3 elements at a side of axis 0, not 4',
    );
    expect(() => pad(x, [5, 0], { mode: "circular" })).toThrow("at most 4 elements");
    expect(() => pad(zeros([0]), [1, 0], { mode: "replicate" })).toThrow("at most 0 elements");
  });

  test("refuses widths and options that mean nothing", () => {
    expect(() => pad(x, [1])).toThrow("widths must be a pair");
    expect(() => pad(x, [1, 1, 1, 1])).toThrow("at most 1 axes");
    expect(() => pad(x, [0.5, 1])).toThrow("whole numbers");
    expect(() => pad(x, [1, 1], { mode: "reflect", value: 1 })).toThrow('value is for mode "constant"');
    expect(() => pad(x, [1, 1], { mode: "mirror" as "reflect" })).toThrow('no mode "mirror"');
  });
});
