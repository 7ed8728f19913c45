import "../../default-backend.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Operands } from "../../../test/agreement.ts";
import { evaluate } from "../../compiler/runtime.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type ConvOptions, conv1d, conv2d, convolve } from "../../ops/conv.ts";
import { zeros } from "../../ops/like.ts";
import { flip } from "../../ops/movement.ts";
import { convolutionAlgorithms } from "./convolution-algorithms.ts";
import { mirroredTraining } from "./mirrored-training.ts";

/** Direct sums and their matrix form, and the forms with transforms, relative to the largest output. */
const plainError = 1e-6;
const transformedError = 2e-5;

function operandsOf(
  x: readonly number[],
  weight: readonly number[],
  seed = 1,
): readonly [x: Tensor, weight: Tensor] {
  const operands = new Operands(seed);
  return [operands.float(x), operands.float(weight)];
}

describe("convolutionAlgorithms", () => {
  test("all algorithms give what float64 gives", async () => {
    const size = fc.integer({ min: 1, max: 6 });
    const property = fc.asyncProperty(
      fc.record({
        channels: size,
        filters: size,
        groups: fc.constantFrom(1, 1, 2),
        kernel: fc.tuple(fc.constantFrom(1, 3, 4), fc.constantFrom(1, 3, 5)),
        stride: fc.constantFrom(1, 2),
        dilation: fc.constantFrom(1, 2),
        padding: fc.constantFrom(0, 1, 2),
      }),
      async ({ channels, filters, groups, kernel, ...options }) => {
        const [x, weight] = operandsOf(
          [2, groups * channels, 11, 12],
          [groups * filters, channels, ...kernel],
        );
        const compared = await convolutionAlgorithms(x, weight, { ...options, groups, repeat: 0 });
        expect(compared.results.length + compared.left.length).toBe(4);
        for (const { algorithm, error } of compared.results)
          expect(error, algorithm).toBeLessThan(
            algorithm === "direct" || algorithm === "im2col" ? plainError : transformedError,
          );
      },
    );
    await fc.assert(property, { numRuns: 8 });
  });

  test("counts what each does", async () => {
    const [x, weight] = operandsOf([1, 8, 12, 12], [16, 8, 3, 3]);
    const { results, auto, compared, left } = await convolutionAlgorithms(x, weight, {
      padding: 1,
      repeat: 1,
    });
    const [direct, im2col, winograd, fft] = results.map((result) => result);
    expect(direct!.multiplications).toBe(9 * 144 * 8 * 16);
    expect(direct!.elements).toBe(0);
    expect(im2col).toMatchObject({ multiplications: direct!.multiplications, elements: 144 * 72 });
    // Nine tiles of 4 × 4, or 36 of 2 × 2.
    const products = { "winograd 4×4": 36 * 9 * 128, "winograd 2×2": 16 * 36 * 128 };
    expect(winograd!.multiplications).toBe(products[winograd!.form as keyof typeof products]);
    expect(fft!.form).toMatch(/^fft \d+×\d+$/);
    expect(fft!.multiplications).toBeLessThan(direct!.multiplications);
    for (const { milliseconds } of results) expect(milliseconds).toBeGreaterThan(0);
    expect(["direct", winograd!.form, fft!.form]).toContain(auto);
    expect(compared).toBe(144 * 16);
    expect(left).toEqual([]);
  });

  test("says which cannot compute it, and refuses operands of another kind", async () => {
    const [x, weight] = operandsOf([1, 4, 9, 9], [4, 4, 5, 5]);
    const { left } = await convolutionAlgorithms(x, weight, { stride: 2, repeat: 0 });
    expect(left).toEqual([{ algorithm: "winograd", reason: "is for kernels of 3×3, and this one is 5×5" }]);
    const large = await convolutionAlgorithms(zeros([1, 1, 999, 999]), zeros([1, 1, 9, 9]), {
      repeat: 0,
      algorithms: [],
    });
    expect(large.left).toContainEqual({
      algorithm: "im2col",
      reason: "is left out, as its matrix would take 303 MiB of at most 256",
    });
    await expect(convolutionAlgorithms(zeros([4, 9, 9]), weight)).rejects.toThrow("x must be [N, C, H, W]");
  });
});

describe("the flip", () => {
  test("cross-correlation with the mirrored kernel is true convolution, bit by bit", async () => {
    const [x, weight] = operandsOf([2, 3, 9, 10], [4, 3, 3, 4]);
    const options: ConvOptions = { padding: [1, 2] };
    const sides = [
      [conv2d(x, weight, options), convolve(x, flip(weight, [2, 3]), options)],
      [convolve(x, weight, options), conv2d(x, flip(weight, [2, 3]), options)],
    ];
    for (const [a, b] of sides) {
      await evaluate([a!, b!]);
      expect(await a!.data()).toEqual(await b!.data());
    }
    // And the two differ, unless the kernel is its own mirror image.
    const [[p], [q]] = sides as [[Tensor], [Tensor]];
    expect(await p.data()).not.toEqual(await q.data());
  });

  test("true convolution is the product of polynomials, whose factors may change places", async () => {
    const [a, b] = operandsOf([1, 1, 4], [1, 1, 6]);
    const products = [convolve(a, b, { padding: 5 }), convolve(b, a, { padding: 3 })];
    const correlations = [conv1d(a, b, { padding: 5 }), conv1d(b, a, { padding: 3 })];
    await evaluate([...products, ...correlations]);
    const [ab, ba, p, q] = await Promise.all([...products, ...correlations].map((t) => t.data()));
    ab!.forEach((value, i) => {
      expect(value).toBeCloseTo(ba![i]!, 5);
    });
    // Cross-correlation's come mirrored.
    p!.forEach((value, i) => {
      expect(value).toBeCloseTo(q![q!.length - 1 - i]!, 5);
    });
  });

  test("learning absorbs it", async () => {
    const { correlation, convolution, largestDifference, kernels } = await mirroredTraining({ steps: 12 });
    expect(convolution).toEqual(correlation);
    expect(largestDifference).toBe(0);
    expect(kernels.convolution.map((row) => row.toReversed()).toReversed()).toEqual(kernels.correlation);
    expect(kernels.convolution).not.toEqual(kernels.correlation);
    expect(correlation.at(-1)).toBeLessThan(correlation[0]! - 0.005);
  });
});
