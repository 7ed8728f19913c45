import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { gradients } from "../autograd/gradients.ts";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { Draw } from "../core/draw.ts";
import { sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
} from "./adaptive-pool.ts";
import { avgPool1d, avgPool2d, avgPool3d } from "./avg-pool.ts";
import { gather } from "./gather.ts";
import { globalAvgPool, globalMaxPool } from "./global-pool.ts";
import { zeros } from "./like.ts";
import { maxPool1d, maxPool1dWithIndices, maxPool2d, maxPool2dWithIndices, maxPool3d } from "./max-pool.ts";
import { maxUnpool1d, maxUnpool2d } from "./max-unpool.ts";
import { reshape } from "./movement.ts";
import { sum } from "./reduce.ts";

async function read(x: Tensor): Promise<number[]> {
  await evaluate([x], reference);
  return [...(await x.data())];
}

function random(shape: readonly number[], seed: number): Tensor {
  const draw = new Draw(seed);
  return tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => draw.float(-1, 1)),
    { shape },
  );
}

const line: Tensor = tensor([[1, 5, 2, 4, 3]]);

describe("maxPool", () => {
  test("has windows side by side by default", async () => {
    expect(await read(maxPool1d(line, 2))).toEqual([5, 4]);
    expect(await read(maxPool1d(line, 2, { ceilMode: true }))).toEqual([5, 4, 3]);
    expect(await read(maxPool1d(line, 2, { stride: 1, dilation: 2 }))).toEqual([2, 5, 3]);
    expect(maxPool3d(zeros([1, 2, 4, 5, 6]), [1, 2, 3]).shape).toEqual([1, 2, 4, 2, 2]);
  });

  test("in ceilMode a window that would begin in the end padding does not count", () => {
    expect(maxPool1d(zeros([1, 4]), 2, { stride: 3, padding: 1, ceilMode: true }).shape).toEqual([1, 2]);
    expect(maxPool1d(zeros([1, 3]), 1, { stride: 4, ceilMode: true }).shape).toEqual([1, 1]);
  });

  test("the gradient goes to the first of equal elements", async () => {
    const x = tensor([[2, 2, 2, 1]]);
    expect(await read(gradients(sum(maxPool1d(x, 3, { stride: 1 })), [x])[0]!)).toEqual([1, 1, 0, 0]);
  });

  test("says what does not fit", () => {
    expect(() => maxPool2d(zeros([1, 1, 2, 2]), 3)).toThrow(
      "maxPool2d: output would be empty: the window is larger than the padded input",
    );
    expect(() => maxPool2d(zeros([4]), 3)).toThrow("input must have 4 axes, or 3 without a batch, but has 1");
    expect(() => maxPool2d(zeros([1, 1, 9, 9]), 3, { padding: 2 })).toThrow(
      "more than half the kernel size 3",
    );
    expect(() => maxPool2d(zeros([1, 1, 9, 9]), 0)).toThrow("kernelSize must be");
  });
});

describe("maxPoolWithIndices", () => {
  test("the indices lead from the input to the output", async () => {
    const x = random([2, 3, 7, 8], 5);
    const options = { stride: [2, 3], padding: 1, dilation: [1, 2], ceilMode: true };
    const { output, indices } = maxPool2dWithIndices(x, [3, 2], options);
    expect(indices.dtype).toBe("int32");
    const flat = gather(reshape(x, [2, 3, 56]), reshape(indices, [2, 3, -1]), -1);
    expect(await read(flat)).toEqual(await read(output));
    expect(await read(output)).toEqual(await read(maxPool2d(x, [3, 2], options)));
  });

  test("maxUnpool puts the maxima back", async () => {
    const { output, indices } = maxPool1dWithIndices(line, 2);
    expect(await read(maxUnpool1d(output, indices, 2, { outputSize: 5 }))).toEqual([0, 5, 0, 4, 0]);
    expect(maxUnpool1d(output, indices, 2).shape).toEqual([1, 4]);
    const overlapping = maxPool1dWithIndices(line, 3, { stride: 1 });
    expect(await read(maxUnpool1d(overlapping.output, overlapping.indices, 3, { stride: 1 }))).toEqual([
      0, 5, 0, 4, 0,
    ]);
    expect(() => maxUnpool2d(zeros([1, 2, 2]), zeros([1, 2, 3]), 2)).toThrow("x and indices differ in shape");
  });
});

describe("avgPool", () => {
  test("counts the padding unless told otherwise, and never what lies beyond it", async () => {
    const x = tensor([[3, 6, 9]]);
    const options = { stride: 2, padding: 1 };
    expect(await read(avgPool1d(x, 3, options))).toEqual([3, 5]);
    expect(await read(avgPool1d(x, 3, { ...options, countIncludePad: false }))).toEqual([4.5, 7.5]);
    expect(await read(avgPool1d(x, 3, { ...options, divisorOverride: 1 }))).toEqual([9, 15]);
    expect(await read(avgPool1d(x, 2, { ceilMode: true }))).toEqual([4.5, 9]);
    expect(() => avgPool1d(x, 3, { divisorOverride: 0 })).toThrow(
      "divisorOverride must be a number other than 0",
    );
    expect(avgPool3d(zeros([2, 4, 4, 4]), 2).shape).toEqual([2, 2, 2, 2]);
  });

  test("turns whole numbers into real ones", async () => {
    const y = avgPool1d(tensor([[1, 2]], { dtype: "int32" }), 2);
    expect(y.dtype).toBe("float32");
    expect(await read(y)).toEqual([1.5]);
  });
});

describe("adaptive pooling", () => {
  test("has regions that overlap where the extents do not divide", async () => {
    expect(await read(adaptiveAvgPool1d(line, 2))).toEqual([8 / 3, 3].map(Math.fround));
    expect(await read(adaptiveMaxPool1d(line, 3))).toEqual([5, 5, 4]);
    expect(adaptiveAvgPool2d(zeros([1, 2, 5, 7]), [1, 9]).shape).toEqual([1, 2, 1, 9]);
  });

  test("is plain pooling where they do", async () => {
    const x = random([1, 2, 6, 4], 8);
    expect(await read(adaptiveAvgPool2d(x, [3, 2]))).toEqual(await read(avgPool2d(x, 2)));
    expect(await read(adaptiveMaxPool2d(x, [3, 2]))).toEqual(await read(maxPool2d(x, 2)));
  });

  test("says what does not fit", () => {
    expect(() => adaptiveAvgPool2d(zeros([1, 1, 0, 2]), 1)).toThrow("a spatial axis has no elements");
    expect(() => adaptiveMaxPool2d(zeros([1, 1, 2, 2]), [1, 0])).toThrow("outputSize must be");
  });
});

describe("global pooling", () => {
  test("reduces all spatial axes", async () => {
    const x = random([2, 3, 4, 5], 9);
    const mean = await read(adaptiveAvgPool2d(x, 1));
    expect(compareArrays(await read(globalAvgPool(x)), mean, tolerance.exact)).toBeUndefined();
    expect(await read(globalMaxPool(x))).toEqual(await read(adaptiveMaxPool2d(x, 1)));
    expect(globalAvgPool(x).shape).toEqual([2, 3]);
    expect(globalMaxPool(x, { keepDims: true }).shape).toEqual([2, 3, 1, 1]);
    expect(() => globalAvgPool(zeros([2, 3]))).toThrow("input must have axes [N, C, ...S]");
  });
});
