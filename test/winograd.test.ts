import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import * as ops from "../src/ops/index.ts";
import { agreeOnRandom, expectAgreement, Operands, transformed } from "./agreement.ts";
import { valuesOf } from "./conformance-tools.ts";

const chosen = createWasmBackend({ threads: 2 });
const backends = [
  chosen,
  createWasmBackend({ threads: 2, winograd: 2 }),
  createWasmBackend({ threads: 1, winograd: 4 }),
  createWasmBackend({ threads: 1, winograd: 4, fused: false }),
];
const exact = createWasmBackend({ threads: 2, precision: "exact" });

interface Layer {
  readonly channels: number;
  readonly filters: number;
  readonly extent: number;
}

/** The algorithm of a 3 × 3 convolution, and its largest error relative to the largest output. */
async function run({ channels, filters, extent }: Layer, backend = chosen): Promise<[string, number]> {
  const operands = new Operands(3);
  const [x, values] = [
    operands.float([1, channels, extent, extent]),
    operands.float([filters, channels, 3, 3]),
  ];
  const weight = new Variable(values);
  const layer = compile((t: Tensor) => ops.conv2d(t, weight, { padding: 1 }), { backend });
  const actual = await (await layer(x)).data();
  const [expected] = await valuesOf([ops.conv2d(x, values, { padding: 1 })], reference);
  let [largest, error] = [0, 0];
  expected!.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    error = Math.max(error, Math.abs(value - actual[i]!));
  });
  const kernels = (await layer.program(x)).describe();
  return [kernels.find(({ macs }) => macs > 0)!.algorithm, error / largest];
}

describe("Winograd's minimal filtering", () => {
  test.each([
    { channels: 16, filters: 16, extent: 20 },
    { channels: 64, filters: 64, extent: 14 },
    { channels: 256, filters: 32, extent: 12 },
  ])("F(4×4, 3×3) errs by at most 2e-5 of the largest output: %o", async (layer) => {
    const [algorithm, error] = await run(layer);
    expect(algorithm).toBe("winograd 4×4");
    expect(error).toBeLessThan(2e-5);
    expect(error).toBeGreaterThan(0);
  });

  test("F(2×2, 3×3) errs by at most 2e-6 of the largest output", async () => {
    for (const channels of [4, 64, 256]) {
      const [algorithm, error] = await run({ channels, filters: 24, extent: 13 }, backends[1]);
      expect(algorithm).toBe("winograd 2×2");
      expect(error).toBeLessThan(2e-6);
    }
  });

  test("is left out where exact results are wanted, and where it would not pay", async () => {
    const [algorithm, error] = await run({ channels: 64, filters: 64, extent: 14 }, exact);
    expect(algorithm).toBe("direct");
    expect(error).toBeLessThan(1e-6);
    expect((await run({ channels: 3, filters: 32, extent: 14 }))[0]).toBe("direct");
  });

  test("what follows may read one value for several channels", async () => {
    const program = (o: Operands): Tensor[] => {
      const [x, weight, each] = [o.float([2, 16, 11, 11]), o.float([24, 16, 3, 3]), o.float([6])];
      const bias = ops.reshape(ops.expand(ops.unsqueeze(each, 1), [6, 4]), [24]);
      const y = ops.conv2d(ops.mul(x, 0.5), weight, { padding: 1, bias });
      return o.withGradients(y, [x, weight, each]);
    };
    await expectAgreement(program, backends, { allowed: transformed });
  });

  test("what follows may split channels or rows", async () => {
    const program = (o: Operands): Tensor[] => {
      const [x, weight] = [o.float([2, 16, 12, 12]), o.float([24, 16, 3, 3])];
      const y = ops.conv2d(ops.mul(x, 0.5), weight, { padding: 1 });
      return [
        ops.max(ops.reshape(y, [2, 3, 8, 12, 12]), 2),
        ops.max(ops.reshape(ops.conv2d(ops.tanh(x), weight, { padding: 1 }), [2, 24, 4, 3, 12]), 3),
      ];
    };
    await expectAgreement(program, backends, { allowed: transformed });
  });

  const count = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  test("random channels, extents, paddings and surroundings, with gradients", async () => {
    await agreeOnRandom(
      fc.record({
        batch: count(1, 3),
        quarter: count(1, 10),
        filters: count(2, 40),
        height: count(1, 15),
        width: count(1, 15),
        padding: count(0, 2),
        after: fc.constantFrom("nothing", "tanh and residual", "two readers"),
      }),
      (o, { batch, quarter, filters, height, width, padding, after }) => {
        const x = o.float([batch, 4 * quarter, height + 3, width + 3]);
        const weight = o.float([filters, 4 * quarter, 3, 3], [-0.3, 0.3]);
        const bias = o.float([filters]);
        // A product in front, so that the input is a buffer with room around it.
        const input = ops.mul(x, 0.5);
        const y = ops.conv2d(input, weight, { padding, bias });
        if (after === "nothing") return o.withGradients(y, [x, weight, bias]);
        if (after === "two readers") return [ops.relu(y), ops.sum(y, 1)];
        // Smooth, as a rounding error would decide what a kink passes on.
        return o.withGradients(ops.tanh(ops.add(y, o.float(y.shape))), [x, weight]);
      },
      backends,
      12,
      transformed,
    );
  });
});
