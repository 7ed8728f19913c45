import fc from "fast-check";
import { describe, test } from "vitest";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import type { Tensor } from "../src/core/tensor.ts";
import * as ops from "../src/ops/index.ts";
import { agreeOnRandom, expectAgreement, type Operands } from "./agreement.ts";

/** Loop nests done in blocks of rows and vectors: two threads, one, and one without fused multiply-add. */
const backends = [
  createWasmBackend({ threads: 2 }),
  createWasmBackend({ threads: 1 }),
  createWasmBackend({ threads: 1, fused: false }),
];

const convs = [ops.conv1d, ops.conv2d, ops.conv3d];
const maxPools = [ops.maxPool1d, ops.maxPool2d, ops.maxPool3d];
const avgPools = [ops.avgPool1d, ops.avgPool2d, ops.avgPool3d];

/** A value that lies channels-last in memory: the result of a convolution. */
function spatial(o: Operands, batch: number, channels: number, extents: readonly number[]): Tensor {
  const weight = o.float([channels, 2, ...extents.map(() => 1)]);
  return convs[extents.length - 1]!(o.float([batch, 2, ...extents]), weight);
}

const extents = fc.oneof(
  fc.tuple(fc.integer({ min: 7, max: 70 })),
  fc.tuple(fc.integer({ min: 6, max: 12 }), fc.integer({ min: 6, max: 21 })),
  fc.tuple(fc.integer({ min: 5, max: 6 }), fc.integer({ min: 5, max: 7 }), fc.integer({ min: 5, max: 9 })),
);
const channels = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(12, 16, 17, 24, 30, 36));

describe("depthwise convolutions, with the gradients of input, weight and bias", () => {
  const settings = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    channels,
    extents,
    size: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.integer({ min: 0, max: 2 }),
    epilogue: fc.boolean(),
  });
  test("random settings", async () => {
    await agreeOnRandom(
      settings,
      (o, { batch, channels, extents, size, stride, dilation, padding, epilogue }) => {
        const low = Math.min(size, ...extents.map((extent) => Math.floor((extent - 1) / dilation) + 1));
        const kernel = extents.map((_, axis) => (axis === 0 ? low : Math.min(low, 3)));
        const x = spatial(o, batch, channels, extents);
        const weight = o.float([channels, 1, ...kernel]);
        const bias = o.float([channels]);
        const conv = convs[extents.length - 1]!;
        const y = conv(x, weight, { stride, dilation, padding, groups: channels, bias });
        const output = epilogue ? ops.minimum(ops.relu(ops.mul(y, 1.5)), 2) : y;
        return o.withGradients(output, [x, weight, bias]);
      },
      backends,
      24,
    );
  });

  test.each([
    ["3 × 3", [1, 40, 14, 14], 3, 1],
    ["3 × 3, stride 2, odd extents", [2, 20, 15, 13], 3, 2],
    ["5 × 5, stride 2", [1, 24, 28, 28], 5, 2],
    ["7 × 7 on a plane of 7 × 7", [2, 33, 7, 7], 7, 1],
  ] as const)("%s", async (_, [batch, channels, height, width], size, stride) => {
    await expectAgreement((o) => {
      const x = spatial(o, batch, channels, [height, width]);
      const weight = o.float([channels, 1, size, size]);
      const y = ops.conv2d(x, weight, { stride, padding: (size - 1) / 2, groups: channels });
      return o.withGradients(y, [x, weight]);
    }, backends);
  });
});

describe("pooling, with gradients", () => {
  test("random settings", async () => {
    await agreeOnRandom(
      fc.record({
        batch: fc.integer({ min: 1, max: 2 }),
        channels,
        extents,
        size: fc.integer({ min: 1, max: 4 }),
        stride: fc.integer({ min: 1, max: 4 }),
        padded: fc.boolean(),
        max: fc.boolean(),
      }),
      (o, { batch, channels, extents, size, stride, padded, max }) => {
        const x = spatial(o, batch, channels, extents);
        const padding = padded ? Math.floor(size / 2) : 0;
        const pool = (max ? maxPools : avgPools)[extents.length - 1]!;
        const y = pool(x, size, { stride, padding });
        const weight = o.float([3, channels, ...extents.map(() => 1)]);
        return o.withGradients(convs[extents.length - 1]!(y, weight), [x, weight]);
      },
      backends,
      24,
    );
  });

  test("the largest element of a window is NaN where one is, and the first of equal ones counts", async () => {
    await expectAgreement((o) => {
      const whole = ops.cast(o.whole([2, 2, 13, 13], "int32", 0, 3), "float32");
      const x = ops.conv2d(whole, ops.ones([12, 2, 1, 1]));
      const holes = ops.where(ops.greater(x, 3), Number.NaN, x);
      const infinite = ops.where(ops.greater(x, 1), Number.NEGATIVE_INFINITY, x);
      const pool = (t: Tensor): Tensor => ops.maxPool2d(t, 3, { stride: 2, padding: 1 });
      const pools = [x, infinite].flatMap((t) => o.withGradients(pool(t), [t]));
      return [...pools, pool(holes), ops.argmax(holes, 3), ops.max(holes, [2, 3]), ops.min(holes, [0, 2])];
    }, backends);
  });
});

describe("sums over positions", () => {
  test("random shapes, with channels last", async () => {
    await agreeOnRandom(
      fc.record({
        batch: fc.integer({ min: 1, max: 9 }),
        channels: fc.oneof(channels, fc.constantFrom(64, 100)),
        extents: fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })),
        mask: fc.integer({ min: 1, max: 7 }),
      }),
      (o, { batch, channels, extents, mask }) => {
        const x = spatial(o, batch, channels, extents);
        const axes = [0, 2, 3].filter((_, k) => (mask >> k) & 1);
        return [ops.mean(x, axes), ops.variance(x, axes), ops.max(x, axes), ops.mean(ops.mul(x, x), axes)];
      },
      backends,
      16,
    );
  });

  test.each([[[1024, 70]], [[5000, 3]], [[2048, 1, 33]], [[40, 50, 20]]])(
    "over all but the last axis: %j",
    async (shape) => {
      await expectAgreement((o) => {
        const x = o.float(shape);
        const axes = shape.map((_, axis) => axis).slice(0, -1);
        return [ops.mean(x, axes), ops.mean(x, 0)];
      }, backends);
    },
  );
});

describe("elementwise maps", () => {
  test("random lengths and element types", async () => {
    await agreeOnRandom(
      fc.record({ rows: fc.integer({ min: 1, max: 5 }), length: fc.integer({ min: 1, max: 70 }) }),
      (o, { rows, length }) => {
        const [x, y] = [o.float([rows, length]), o.float([rows, length])];
        const scale = o.float([length]);
        const bytes = o.whole([rows, length], "uint8", 0, 256);
        const mixed = ops.add(ops.mul(x, scale), ops.cast(bytes, "float32"));
        const chosen = ops.where(ops.greater(x, y), mixed, ops.maximum(ops.sqrt(ops.abs(y)), 0.5));
        return [chosen, ops.greater(x, 0), ops.add(bytes, bytes), ops.tanh(ops.add(x, y)), ops.minimum(x, y)];
      },
      backends,
      16,
    );
  });
});
