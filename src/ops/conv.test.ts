import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { Draw } from "../core/draw.ts";
import { sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { mul } from "./arithmetic.ts";
import { conv1d, conv2d, conv3d, convolve } from "./conv.ts";
import { conv, convInputGrad, convWeightGrad } from "./conv-ops.ts";
import { zeros } from "./like.ts";
import { sum } from "./reduce.ts";

async function read(x: Tensor): Promise<Float64Array> {
  await evaluate([x], reference);
  return Float64Array.from(await x.data());
}

function random(shape: readonly number[], seed: number): Tensor {
  const draw = new Draw(seed);
  return tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => draw.float(-1, 1)),
    { shape },
  );
}

const pair = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<[T, T]> => fc.tuple(item, item);

/** Random settings of a 2-d convolution that has an output. */
const settings = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    inPerGroup: fc.integer({ min: 1, max: 2 }),
    outPerGroup: fc.integer({ min: 1, max: 2 }),
    extent: pair(fc.integer({ min: 1, max: 7 })),
    kernel: pair(fc.integer({ min: 1, max: 3 })),
    stride: pair(fc.integer({ min: 1, max: 3 })),
    padding: pair(pair(fc.integer({ min: 0, max: 3 }))),
    dilation: pair(fc.integer({ min: 1, max: 3 })),
    seed: fc.integer(),
  })
  .filter(({ extent, kernel, padding, dilation }) =>
    extent.every((n, a) => n + padding[a]![0] + padding[a]![1] > dilation[a]! * (kernel[a]! - 1)),
  );

/** The textbook's sum over an input that really is padded. */
function naive(
  x: Float64Array,
  w: Float64Array,
  outShape: readonly number[],
  s: typeof settings extends fc.Arbitrary<infer S> ? S : never,
): Float64Array {
  const [H, W] = s.extent;
  const [kH, kW] = s.kernel;
  const [N, O, oH, oW] = outShape as [number, number, number, number];
  const C = s.groups * s.inPerGroup;
  const at = (n: number, c: number, i: number, j: number): number =>
    i < 0 || j < 0 || i >= H || j >= W ? 0 : x[((n * C + c) * H + i) * W + j]!;
  const y = new Float64Array(sizeOf(outShape));
  let next = 0;
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let p = 0; p < oH; p++)
        for (let q = 0; q < oW; q++, next++)
          for (let c = 0; c < s.inPerGroup; c++)
            for (let a = 0; a < kH; a++)
              for (let b = 0; b < kW; b++) {
                const i = p * s.stride[0] + a * s.dilation[0] - s.padding[0][0];
                const j = q * s.stride[1] + b * s.dilation[1] - s.padding[1][0];
                const channel = Math.floor(o / s.outPerGroup) * s.inPerGroup + c;
                y[next]! += at(n, channel, i, j) * w[((o * s.inPerGroup + c) * kH + a) * kW + b]!;
              }
  return y;
}

describe("conv2d", () => {
  test("equals the textbook's sum, and its gradients are its adjoints", async () => {
    const property = fc.asyncProperty(settings, async (s) => {
      const { stride, padding, dilation, groups } = s;
      const x = random([s.batch, groups * s.inPerGroup, ...s.extent], s.seed);
      const w = random([groups * s.outPerGroup, s.inPerGroup, ...s.kernel], s.seed + 1);
      const y = conv2d(x, w, { stride, padding, dilation, groups });
      const expected = naive(await read(x), await read(w), y.shape, s);
      expect(compareArrays(await read(y), expected, tolerance.exact)).toBeUndefined();

      // ⟨x ∗ w, g⟩ = ⟨x, convInputGrad(g, w)⟩ = ⟨w, convWeightGrad(x, g)⟩
      const g = random(y.shape, s.seed + 2);
      const attrs = { stride, padding, dilation, groups };
      const inner = [
        sum(mul(y, g)),
        sum(mul(x, convInputGrad(g, w, { ...attrs, extent: s.extent }))),
        sum(mul(w, convWeightGrad(x, g, { ...attrs, kernel: s.kernel }))),
      ];
      await evaluate(inner, reference);
      const [a, b, c] = await Promise.all(inner.map((t) => t.item()));
      expect(compareArrays([b!, c!], [a!, a!], { relative: 1e-9, absolute: 1e-9 })).toBeUndefined();
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test("takes a padding for all axes, for each axis, for each side, or by name", async () => {
    const x = random([1, 1, 4, 5], 1);
    const w = random([1, 1, 2, 3], 2);
    expect(conv2d(x, w, { padding: 1 }).shape).toEqual([1, 1, 5, 5]);
    expect(conv2d(x, w, { padding: [0, 1] }).shape).toEqual([1, 1, 3, 5]);
    expect(conv2d(x, w, { padding: [[0, 2], 1] }).shape).toEqual([1, 1, 5, 5]);
    expect(conv2d(x, w, { padding: "valid" }).shape).toEqual([1, 1, 3, 3]);
    const same = conv2d(x, w, { padding: "same" });
    expect(same.shape).toEqual([1, 1, 4, 5]);
    expect(await read(same)).toEqual(await read(conv2d(x, w, { padding: [[0, 1], 1] })));
  });

  test.each([
    ["reflect", [3, 2, 1, 2, 3, 2, 1]],
    ["replicate", [1, 1, 1, 2, 3, 3, 3]],
    ["circular", [2, 3, 1, 2, 3, 1, 2]],
  ] as const)("pads by %s", async (paddingMode, padded) => {
    const y = conv1d(tensor([[1, 2, 3]]), tensor([[[1]]]), { padding: 2, paddingMode });
    expect([...(await read(y))]).toEqual(padded);
  });

  test("takes an input without a batch, and adds a bias to each channel", async () => {
    const x = random([2, 5, 5], 3);
    const w = random([3, 2, 3, 3], 4);
    const y = conv2d(x, w, { bias: tensor([1, 2, 3], { dtype: "float64" }) });
    expect(y.shape).toEqual([3, 3, 3]);
    const plain = await read(conv2d(x, w));
    const expected = plain.map((value, i) => value + Math.floor(i / 9) + 1);
    expect(compareArrays(await read(y), expected, tolerance.exact)).toBeUndefined();
  });

  test("says what does not fit", () => {
    const x = zeros([1, 3, 28, 28]);
    expect(() => conv2d(x, zeros([8, 1, 5, 5]))).toThrow(
      [
        "conv2d: input has 3 channels, but the weight expects 1",
        "  x:      [1, 3, 28, 28]",
        "  weight: [8, 1, 5, 5]",
      ].join("\n"),
    );
    expect(() => conv2d(x, zeros([9, 1, 5, 5]))).toThrow("hint:   groups: 3 would fit");
    expect(() => conv2d(zeros([1, 28, 28, 3]), zeros([8, 3, 5, 5]))).toThrow("is the input [N, H, W, C]?");
    expect(() => conv2d(x, zeros([8, 1, 5, 5]), { groups: 3 })).toThrow("do not divide into 3 groups");
    expect(() => conv2d(x, zeros([4, 3, 5, 5]), { groups: 2 })).toThrow("expects 2 groups of 3");
    expect(() => conv2d(zeros([28, 28]), zeros([8, 1, 5, 5]))).toThrow("input must have 4 axes, but has 2");
    expect(() => conv2d(x, zeros([8, 3, 5]))).toThrow("weight must have 4 axes, but has 3");
    expect(() => conv3d(zeros([1, 1, 4, 4, 4]), zeros([1, 1, 3, 3, 3]), { dilation: 2 })).toThrow(
      "output would be empty: the dilated kernel of 5×5×5 is larger than the padded input of 4×4×4",
    );
    expect(() => conv2d(x, zeros([8, 3, 5, 5]), { bias: zeros([3]) })).toThrow("bias must have one element");
    expect(() => conv2d(x, zeros([8, 3, 5, 5]), { stride: 0 })).toThrow("conv2d: stride must be");
    expect(() => conv2d(x, zeros([8, 3, 5, 5]), { stride: [1, 1, 1] })).toThrow("or 2 of them, not [1,1,1]");
    expect(() => conv2d(x, zeros([8, 3, 5, 5]), { padding: -1 })).toThrow("conv2d: padding must be");
    expect(() => conv2d(x, zeros([8, 3, 5, 5]), { padding: "same", stride: 2 })).toThrow("needs stride 1");
  });
});

describe("convolve", () => {
  test("is the polynomial product where the padding is full", async () => {
    // (1 + 2z + 3z²)(4 + 5z) = 4 + 13z + 22z² + 15z³
    const y = convolve(tensor([[[1, 2, 3]]]), tensor([[[4, 5]]]), { padding: 1 });
    expect([...(await read(y))]).toEqual([4, 13, 22, 15]);
  });

  test("needs a spatial axis", () => {
    expect(() => convolve(zeros([1, 1]), zeros([1, 1]))).toThrow("at least one spatial axis");
  });
});

test("the gradients refuse shapes that belong to no one convolution", () => {
  const attrs = { stride: [1], padding: [[0, 0] as const], dilation: [1], groups: 1 };
  const w = zeros([1, 1, 2]);
  expect(conv(zeros([1, 1, 5]), w, attrs).shape).toEqual([1, 1, 4]);
  expect(() => convInputGrad(zeros([1, 1, 3]), w, { ...attrs, extent: [5] })).toThrow("expected: [1, 1, 4]");
  expect(() => convWeightGrad(zeros([1, 1, 5]), zeros([1, 1, 4]), { ...attrs, kernel: [3] })).toThrow(
    "expected: [1, 1, 3]",
  );
});
