import fc from "fast-check";
import { describe, test } from "vitest";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import type { Tensor } from "../src/core/tensor.ts";
import * as ops from "../src/ops/index.ts";
import { agreeOnRandom, expectAgreement, type Operands } from "./agreement.ts";

/** Two threads, so that work is split, and one without fused multiply-add. */
const backends = [createWasmBackend({ threads: 2 }), createWasmBackend({ threads: 1, fused: false })];

describe("matrix products", () => {
  // rows, inner, columns: blocks have up to 192 rows (tiles of up to 6), 64 columns (panels of 8 or 16), 640 inner steps.
  test.each([
    ["one row", 1, 300, 70],
    ["one column", 70, 300, 1],
    ["one inner step", 33, 1, 130],
    ["one element, long inner axis", 1, 5000, 1],
    ["inner axis of one block exactly", 7, 512, 9],
    ["inner axis of one block and one step", 7, 513, 9],
    ["inner axis of three blocks", 13, 1100, 31],
    ["several blocks of rows and columns", 131, 40, 523],
    ["tall and thin", 2000, 9, 3],
    ["short and wide", 3, 9, 2000],
    ["rows not divisible by the tile", 65, 65, 65],
    ["several blocks of everything", 97, 530, 41],
  ])("%s: [%i, %i] × [., %i], with gradients", async (_, m, k, n) => {
    await expectAgreement((o) => {
      const [a, b] = [o.float([m, k]), o.float([k, n])];
      return o.withGradients(ops.matmul(a, b), [a, b]);
    }, backends);
  });

  const extent = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90 }));
  test("random shapes in batches, transposed operands and epilogues", async () => {
    await agreeOnRandom(
      fc.record({
        batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        m: extent,
        k: extent,
        n: extent,
        turnA: fc.boolean(),
        turnB: fc.boolean(),
        epilogue: fc.boolean(),
      }),
      (o, { batch, m, k, n, turnA, turnB, epilogue }) => {
        const a = o.float(turnA ? [...batch, k, m] : [...batch, m, k]);
        const b = o.float(turnB ? [n, k] : [k, n]);
        const product = ops.matmul(turnA ? ops.transpose(a) : a, turnB ? ops.transpose(b) : b);
        const bias = o.float([n]);
        const output = epilogue ? ops.tanh(ops.add(product, bias)) : product;
        return o.withGradients(output, epilogue ? [a, b, bias] : [a, b]);
      },
      backends,
      12,
    );
  });
});

interface ConvCase {
  readonly batch: number;
  readonly channels: readonly [inputs: number, outputs: number];
  readonly extents: readonly number[];
  readonly kernel: readonly number[];
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

function convolution(o: Operands, { batch, channels, extents, kernel, ...options }: ConvCase): Tensor[] {
  const [inputs, outputs] = channels;
  const x = o.float([batch, inputs, ...extents]);
  const weight = o.float([outputs, inputs / (options.groups ?? 1), ...kernel]);
  const bias = o.float([outputs]);
  const conv = [ops.conv1d, ops.conv2d, ops.conv3d][extents.length - 1]!;
  return o.withGradients(conv(x, weight, { ...options, bias }), [x, weight, bias]);
}

describe("convolutions, with the gradients of input, weight and bias", () => {
  test.each<[string, ConvCase]>([
    [
      "inner axis of two blocks",
      { batch: 1, channels: [60, 5], extents: [7, 7], kernel: [3, 3], padding: 1 },
    ],
    ["several blocks of rows", { batch: 1, channels: [3, 70], extents: [11, 11], kernel: [3, 3] }],
    [
      "several blocks of columns",
      { batch: 1, channels: [2, 7], extents: [40, 33], kernel: [3, 3], padding: 1 },
    ],
    ["stride 2", { batch: 2, channels: [5, 9], extents: [23, 22], kernel: [3, 3], stride: 2, padding: 1 }],
    [
      "stride larger than the kernel",
      { batch: 2, channels: [3, 4], extents: [25, 26], kernel: [2, 2], stride: 5 },
    ],
    [
      "dilation 3",
      { batch: 2, channels: [4, 6], extents: [19, 18], kernel: [3, 3], dilation: 3, padding: 2 },
    ],
    ["groups", { batch: 2, channels: [12, 18], extents: [13, 14], kernel: [3, 3], groups: 3, padding: 1 }],
    [
      "depthwise",
      { batch: 2, channels: [24, 24], extents: [15, 14], kernel: [3, 3], groups: 24, padding: 1 },
    ],
    [
      "depthwise, two filters each",
      { batch: 1, channels: [9, 18], extents: [14, 13], kernel: [5, 5], groups: 9 },
    ],
    [
      "depthwise, stride 2",
      { batch: 3, channels: [8, 8], extents: [17, 17], kernel: [3, 3], groups: 8, stride: 2, padding: 1 },
    ],
    ["pointwise", { batch: 3, channels: [40, 30], extents: [9, 9], kernel: [1, 1] }],
    ["planes of 1 × 1", { batch: 5, channels: [70, 33], extents: [1, 1], kernel: [1, 1] }],
    [
      "planes of 1 × 1, kernel 3 × 3",
      { batch: 5, channels: [20, 13], extents: [1, 1], kernel: [3, 3], padding: 1 },
    ],
    ["kernel as large as the plane", { batch: 4, channels: [16, 40], extents: [5, 5], kernel: [5, 5] }],
    [
      "one channel in, one out",
      { batch: 1, channels: [1, 1], extents: [28, 28], kernel: [5, 5], padding: 2 },
    ],
    ["1 axis", { batch: 3, channels: [6, 8], extents: [300], kernel: [7], stride: 2, padding: 3 }],
    [
      "1 axis, dilated and in groups",
      { batch: 2, channels: [8, 8], extents: [120], kernel: [5], dilation: 4, groups: 2 },
    ],
    ["3 axes", { batch: 2, channels: [3, 5], extents: [7, 9, 8], kernel: [3, 3, 3], padding: 1 }],
    [
      "3 axes, stride 2",
      { batch: 1, channels: [4, 6], extents: [9, 9, 9], kernel: [3, 2, 3], stride: 2, padding: 1 },
    ],
  ])("%s", async (_, settings) => {
    await expectAgreement((o) => convolution(o, settings), backends);
  });

  test("random settings", async () => {
    const small = fc.integer({ min: 1, max: 4 });
    const settings = fc
      .record({
        batch: small,
        groups: fc.constantFrom(1, 1, 2, 3, 5),
        perGroup: fc.tuple(small, small),
        extents: fc.array(fc.integer({ min: 5, max: 16 }), { minLength: 1, maxLength: 2 }),
        size: fc.integer({ min: 1, max: 4 }),
        stride: fc.integer({ min: 1, max: 3 }),
        dilation: fc.integer({ min: 1, max: 2 }),
        padding: fc.integer({ min: 1, max: 2 }),
      })
      .map(({ groups, perGroup: [i, o], extents, size, ...rest }): ConvCase => {
        const kernel = extents.map(() => size);
        return { channels: [groups * i, groups * o], extents, kernel, groups, ...rest };
      });
    await agreeOnRandom(settings, convolution, backends, 20);
  });

  test.each([
    ["stride 2 with output padding", [3, 8, 6], [6, 6], [3, 3], { stride: 2, padding: 1, outputPadding: 1 }],
    ["groups", [2, 8, 12], [7, 6], [4, 4], { stride: 2, padding: 1, groups: 4 }],
    ["dilation", [2, 5, 4], [8, 9], [3, 2], { stride: 3, dilation: 2 }],
    ["1 axis", [2, 12, 7], [40], [4], { stride: 2 }],
    ["3 axes", [1, 4, 3], [4, 5, 4], [2, 3, 2], { stride: 2 }],
  ] as const)("transposed, %s", async (_, [batch, inputs, outputs], extents, kernel, options) => {
    await expectAgreement((o) => {
      const groups = "groups" in options ? options.groups : 1;
      const x = o.float([batch, inputs, ...extents]);
      const weight = o.float([inputs, outputs / groups, ...kernel]);
      const bias = o.float([outputs]);
      const conv = [ops.convTranspose1d, ops.convTranspose2d, ops.convTranspose3d][extents.length - 1]!;
      return o.withGradients(conv(x, weight, { ...options, bias }), [x, weight, bias]);
    }, backends);
  });

  test("second derivatives", async () => {
    await expectAgreement((o) => {
      const [x, weight] = [o.float([2, 6, 9, 9]), o.float([8, 3, 3, 3])];
      const [, dx, dw] = o.withGradients(
        ops.tanh(ops.conv2d(x, weight, { stride: 2, padding: 1, groups: 2 })),
        [x, weight],
      );
      return o.withGradients(ops.add(ops.sum(ops.square(dx!)), ops.sum(ops.square(dw!))), [x, weight]);
    }, backends);
  });

  test("without a batch axis", async () => {
    await expectAgreement((o) => {
      const [x, weight] = [o.float([3, 20, 21]), o.float([7, 3, 3, 3])];
      return o.withGradients(ops.conv2d(x, weight, { padding: "same" }), [x, weight]);
    }, backends);
  });
});

describe("reductions", () => {
  const shape = [6, 17, 9, 31];
  const axesChoices = [[0], [1], [2], [3], [0, 1], [2, 3], [0, 2, 3], [1, 3], [0, 1, 2, 3]];
  test.each(axesChoices.map((axes) => [axes]))("over the axes %j", async (axes) => {
    await expectAgreement((o) => {
      const x = o.float(shape);
      const keepDims = o.draw.bool();
      const results = [ops.sum, ops.max, ops.min, ops.mean].flatMap((reduce) =>
        o.withGradients(reduce(x, axes, { keepDims }), [x]),
      );
      const spread = ops.variance(ops.exp(x), axes);
      return [...results, spread, ops.logSumExp(ops.mul(x, 5), axes)];
    }, backends);
  });

  test.each([[[1, 100_000]], [[100_000, 1]], [[70_001]], [[3, 5, 2, 1, 4001]]])("long: %j", async (shape) => {
    await expectAgreement((o) => {
      const x = o.float(shape, [0, 1]);
      return [ops.sum(x), ops.max(x), ops.argmin(x), ops.sum(x, -1), ops.mean(x, 0), ops.argmax(x, -1)];
    }, backends);
  });

  test("the first of equal largest and smallest elements is found, along any axis", async () => {
    await expectAgreement((o) => {
      const floats = ops.cast(o.whole([7, 40, 19], "int32", 0, 4), "float32");
      const whole = o.whole([7, 40, 19], "int32", -2, 2);
      const bytes = o.whole([7, 40, 19], "uint8", 250, 256);
      return [floats, whole, bytes].flatMap((x) =>
        [undefined, 0, 1, 2].flatMap((axis) => [ops.argmax(x, axis), ops.argmin(x, axis)]),
      );
    }, backends);
  });

  test("random shapes, axes and surroundings", async () => {
    await agreeOnRandom(
      fc.record({
        shape: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        mask: fc.nat(15),
        turned: fc.boolean(),
      }),
      (o, { shape, mask, turned }) => {
        const x = o.float(shape);
        const axes = shape.map((_, axis) => axis).filter((axis) => (mask >> axis) & 1);
        const t = turned ? ops.transpose(ops.unsqueeze(x, 0)) : ops.unsqueeze(x, 0);
        const centered = ops.sub(t, ops.mean(t, axes, { keepDims: true }));
        const scale = ops.sqrt(ops.add(ops.mean(ops.square(centered), axes, { keepDims: true }), 0.1));
        return o.withGradients(ops.sigmoid(ops.div(centered, scale)), [x]);
      },
      backends,
      20,
    );
  });
});
