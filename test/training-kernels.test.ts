import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradients } from "../src/autograd/gradients.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import type { Tensor } from "../src/core/tensor.ts";
import * as ops from "../src/ops/index.ts";
import { agreeOnRandom, cancelling, expectAgreement, Operands } from "./agreement.ts";

const backends = [
  createWasmBackend({ threads: 2, precision: "exact" }),
  createWasmBackend({ threads: 1, precision: "exact", fused: false }),
];

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

test("a convolution with one bias for several channels is done by tiles", async () => {
  const operands = new Operands(1);
  const [weight, each] = [operands.float([24, 16, 3, 3]), operands.float([6])];
  const layer = compile(
    (x: Tensor) => {
      const bias = ops.reshape(ops.expand(ops.unsqueeze(each, 1), [6, 4]), [24]);
      return ops.conv2d(x, weight, { stride: 2, padding: 1, bias });
    },
    { backend: backends[0]! },
  );
  const kernels = (await layer.program(operands.float([2, 16, 12, 12]))).describe();
  expect(kernels.filter(({ macs }) => macs > 0).map(({ kind }) => kind)).toEqual(["contraction"]);
});

describe("the gradient of a strided convolution's input", () => {
  test("random strides, dilations, kernels and groups, each axis its own", async () => {
    await agreeOnRandom(
      fc.record({
        groups: fc.constantFrom(1, 1, 2),
        channels: fc.tuple(between(1, 3), between(1, 3)),
        extents: fc.tuple(between(1, 13), between(1, 13)),
        kernel: fc.tuple(between(1, 5), between(1, 5)),
        stride: fc.tuple(between(1, 4), between(1, 4)),
        dilation: fc.tuple(between(1, 3), between(1, 3)),
        padding: between(0, 2),
        masked: fc.boolean(),
      }),
      (o, { groups, channels, extents, kernel, stride, dilation, padding, masked }) => {
        const reach = kernel.map((size, axis) => (size - 1) * dilation[axis]! + 1);
        const size = extents.map((extent, axis) => Math.max(extent, reach[axis]! - 2 * padding));
        const x = o.float([2, groups * channels[0], ...size]);
        const weight = o.float([groups * channels[1], channels[0], ...kernel]);
        // What comes before the convolution is after its gradient.
        const input = masked ? ops.tanh(x) : x;
        const y = ops.conv2d(input, weight, { stride, dilation, padding, groups });
        return o.withGradients(y, [x, weight]);
      },
      backends,
      25,
    );
  });

  test("two convolutions of one input, as in a residual block", async () => {
    for (const [first, second] of [
      [3, 1],
      [1, 3],
      [3, 3],
    ] as const) {
      await expectAgreement((o) => {
        const [x, a, b] = [
          o.float([2, 5, 9, 8]),
          o.float([6, 5, first, first]),
          o.float([6, 5, second, second]),
        ];
        const input = ops.tanh(x);
        const branch = (w: Tensor, size: number): Tensor =>
          ops.conv2d(input, w, { stride: 2, padding: (size - 1) / 2 });
        return o.withGradients(ops.mul(branch(a, first), branch(b, second)), [x, a, b]);
      }, backends);
    }
  });

  test("multiplies no zeros", async () => {
    const o = new Operands(1);
    const [dy, weight] = [o.float([1, 16, 8, 8]), o.float([16, 16, 4, 4])];
    const transposed = compile(
      (t: Tensor, w: Tensor) => ops.convTranspose2d(t, w, { stride: 2, padding: 1 }),
      {
        backend: backends[0]!,
      },
    );
    const kernels = (await transposed.program(dy, weight)).describe();
    expect(kernels.reduce((sum, { macs }) => sum + macs, 0)).toBe(8 * 8 * 16 * 16 * 4 * 4);
  });
});

test("of a few channels, the gradient of a strided convolution's input is one product for all residues", async () => {
  await expectAgreement((o) => {
    const [x, weight] = [o.float([2, 3, 21, 18]), o.float([16, 3, 7, 5], [-0.3, 0.3])];
    return o.withGradients(ops.conv2d(ops.tanh(x), weight, { stride: [2, 3], padding: 2 }), [x]);
  }, backends);
  const o = new Operands(1);
  const gradient = compile(
    (x: Tensor, w: Tensor, dy: Tensor) => gradients(ops.conv2d(x, w, { stride: 2 }), [x], dy)[0]!,
    { backend: backends[0]! },
  );
  const [x, w, dy] = [o.float([1, 3, 33, 33]), o.float([16, 3, 7, 7]), o.float([1, 16, 14, 14])];
  const kernels = (await gradient.program(x, w, dy)).describe();
  expect(kernels.filter(({ kind }) => kind === "contraction")).toHaveLength(1);
});

describe("the gradient of filters", () => {
  test("random channels: panels of whole vectors, of parts and of none", async () => {
    await agreeOnRandom(
      fc.record({
        batch: between(1, 5),
        channels: between(8, 40),
        filters: between(1, 40),
        extents: fc.tuple(between(3, 12), between(3, 12)),
        kernel: fc.constantFrom([1, 1], [3, 3], [2, 3]),
        stride: between(1, 2),
      }),
      (o, { batch, channels, filters, extents, kernel, stride }) => {
        const x = o.float([batch, channels, ...extents]);
        const weight = o.float([filters, channels, ...kernel], [-0.3, 0.3]);
        return o.withGradients(ops.conv2d(x, weight, { stride, padding: 1 }), [weight]);
      },
      backends,
      15,
    );
  });

  test("of many filters, whose gradients at one position are far from those at the next", async () => {
    for (const [batch, channels, filters, extent] of [
      [2, 20, 530, 9],
      [1, 24, 512, 17],
      [3, 9, 1027, 5],
      [1, 40, 515, 3],
    ] as const) {
      await expectAgreement(
        (o) => {
          const x = o.float([batch, channels, extent, extent + 1]);
          const weight = o.float([filters, channels, 1, 1], [-0.3, 0.3]);
          return o.withGradients(ops.conv2d(ops.tanh(x), weight), [weight]);
        },
        backends,
        { allowed: cancelling },
      );
    }
  });

  test("several blocks of rows, columns and inner steps", async () => {
    await expectAgreement((o) => {
      const [x, weight] = [o.float([2, 70, 15, 14]), o.float([270, 70, 3, 3], [-0.1, 0.1])];
      return o.withGradients(ops.conv2d(x, weight, { padding: 1 }), [weight]);
    }, backends);
  });
});

describe("the gradient of a depthwise convolution's filters", () => {
  test("is summed up in parts of the batch and of the rows", async () => {
    for (const [batch, channels, height, stride, kernel] of [
      [1, 40, 42, 1, 3],
      [1, 36, 61, 2, 5],
      [4, 20, 33, 1, 3],
      [3, 33, 37, 1, 2],
    ] as const) {
      const inputs = (o: Operands): [Tensor, Tensor] => [
        o.float([batch, channels, height, 45]),
        o.float([channels, 1, kernel, kernel]),
      ];
      const convolved = (x: Tensor, w: Tensor): Tensor =>
        ops.conv2d(ops.tanh(x), w, { stride, padding: 1, groups: channels });
      await expectAgreement(
        (o) => {
          const [x, w] = inputs(o);
          return o.withGradients(convolved(x, w), [w]);
        },
        backends,
        { allowed: cancelling },
      );
      const gradient = compile((x: Tensor, w: Tensor) => gradients(ops.sum(convolved(x, w)), [w])[0]!, {
        backend: backends[0]!,
      });
      const names = (await gradient.program(...inputs(new Operands(1)))).describe().map(({ name }) => name);
      expect(names).toContain("convWeightGradParts");
    }
  });
});

test("operands that are read ahead, as they come from memory: products, windows, their gradients", async () => {
  await expectAgreement(
    (o) => {
      const x = o.float([1, 40, 118, 117]);
      const [thin, deep] = [o.float([24, 40, 1, 1]), o.float([40, 1, 3, 3])];
      const pointwise = ops.conv2d(ops.relu(x), thin);
      const depthwise = ops.conv2d(ops.neg(x), deep, { padding: 1, stride: [2, 1], groups: 40 });
      return [
        ...o.withGradients(pointwise, [thin]),
        ...o.withGradients(depthwise, [deep, x]),
        ops.maxPool2d(ops.relu(x), 3, { stride: 2 }),
      ];
    },
    backends,
    { allowed: { relative: 2e-5, absolute: 1e-4 } },
  );
});

test("the gradient of 3 × 3 filters in Winograd's form errs by at most 2e-5 of its largest element", async () => {
  for (const [tile, extent] of [
    [2, 9],
    [4, 18],
  ] as const) {
    await expectAgreement(
      (o) => {
        const [x, weight] = [o.float([3, 24, extent, 13]), o.float([20, 24, 3, 3], [-0.3, 0.3])];
        return o.withGradients(ops.conv2d(ops.mul(x, 2), weight, { padding: 1 }), [weight]).slice(1);
      },
      [createWasmBackend({ threads: 2, winograd: tile })],
      { allowed: { relative: 2e-5, absolute: 0 } },
    );
  }
});
