import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import * as ops from "../src/ops/index.ts";
import { agreeOnRandom, Operands, transformed } from "./agreement.ts";
import { valuesOf } from "./conformance-tools.ts";

const backends = [
  createWasmBackend({ threads: 2 }),
  createWasmBackend({ threads: 1 }),
  createWasmBackend({ threads: 1, fused: false }),
];
const [chosen] = backends;

interface Layer {
  readonly channels: number;
  readonly filters: number;
  readonly extent: number;
  readonly kernel: number;
  readonly groups?: number;
}

/** The kinds of kernels of a "same" convolution, and its largest error relative to the largest output. */
async function run(
  { channels, filters, extent, kernel, groups = 1 }: Layer,
  algorithm: ops.ConvAlgorithm,
  backend = chosen!,
): Promise<{ kinds: string[]; error: number }> {
  const operands = new Operands(3);
  const x = operands.float([1, channels, extent, extent]);
  const values = operands.float([filters, channels / groups, kernel, kernel]);
  const weight = new Variable(values);
  const options = { padding: "same", groups, algorithm } as const;
  const layer = compile((t: Tensor) => ops.conv2d(t, weight, options), { backend });
  const actual = await (await layer(x)).data();
  const [expected] = await valuesOf([ops.conv2d(x, values, options)], reference);
  let [largest, error] = [0, 0];
  expected!.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    error = Math.max(error, Math.abs(value - actual[i]!));
  });
  return { kinds: (await layer.program(x)).describe().map(({ kind }) => kind), error: error / largest };
}

describe("convolution by Fourier transforms", () => {
  test.each([
    { channels: 16, filters: 16, extent: 20, kernel: 5 },
    { channels: 64, filters: 16, extent: 14, kernel: 9 },
    { channels: 8, filters: 8, extent: 40, kernel: 31, groups: 8 },
    { channels: 2, filters: 1, extent: 36, kernel: 64 },
  ])("errs by at most 5e-6 of the largest output: %o", async (layer) => {
    const { kinds, error } = await run(layer, "fft");
    expect(kinds).toContain("fourier transform");
    expect(error).toBeLessThan(5e-6);
    expect(error).toBeGreaterThan(0);
  });

  test("is chosen where it pays, and not where something else was asked for", async () => {
    const large = { channels: 16, filters: 16, extent: 20, kernel: 11 };
    const exact = createWasmBackend({ threads: 1, precision: "exact" });
    expect((await run(large, "auto")).kinds).toContain("fourier transform");
    expect((await run(large, "direct")).kinds).not.toContain("fourier transform");
    expect((await run(large, "fft", exact)).kinds).not.toContain("fourier transform");
    expect((await run({ ...large, kernel: 1 }, "auto")).kinds).not.toContain("fourier transform");
    const small = { channels: 16, filters: 16, extent: 5, kernel: 3 };
    expect((await run(small, "winograd")).kinds).toContain("winograd");
    expect((await run(small, "direct")).kinds).not.toContain("winograd");
  });

  test("says what it cannot compute", () => {
    const conv = (weight: readonly number[], options: ops.ConvOptions) => () =>
      ops.conv2d(ops.zeros([1, 8, 80, 80]), ops.zeros(weight), options);
    expect(conv([8, 8, 5, 5], { algorithm: "winograd" })).toThrow(
      "is for kernels of 3×3, and this one is 5×5",
    );
    expect(conv([8, 8, 3, 3], { algorithm: "winograd", stride: 2 })).toThrow("is for stride 1, not 2×2");
    expect(conv([8, 2, 3, 3], { algorithm: "winograd", groups: 4 })).toThrow("one group of channels, not 4");
    expect(conv([8, 8, 3, 65], { algorithm: "fft" })).toThrow("this one reaches over 3×65");
    expect(conv([8, 8, 3, 3], { algorithm: "fftw" as "fft" })).toThrow('"winograd", "fft", not "fftw"');
    const volume = ops.zeros([1, 1, 4, 4, 4]);
    expect(() => ops.conv3d(volume, ops.zeros([1, 1, 3, 3, 3]), { algorithm: "fft" })).toThrow(
      "is for one or two spatial axes, not 3",
    );
  });

  const count = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  const pair = (min: number, max: number): fc.Arbitrary<[number, number]> =>
    fc.tuple(count(min, max), count(min, max));
  test("random convolutions of every kind and surrounding, with gradients", async () => {
    await agreeOnRandom(
      fc.record({
        batch: count(1, 2),
        groups: fc.constantFrom(1, 1, 2, 3),
        inPerGroup: count(1, 9),
        outPerGroup: count(1, 9),
        more: pair(0, 14),
        kernel: pair(1, 6),
        stride: pair(1, 3),
        dilation: pair(1, 2),
        padding: pair(0, 2),
        depthwise: fc.boolean(),
        after: fc.constantFrom("nothing", "tanh and residual", "two readers", "concat and conv"),
      }),
      (o, { batch, groups, inPerGroup, outPerGroup, more, kernel, depthwise, after, ...settings }) => {
        const channels = groups * inPerGroup;
        const extent = kernel.map((k, a) => settings.dilation[a]! * (k - 1) + 1 + more[a]!);
        const x = o.float([batch, channels, ...extent]);
        const [parts, filters] = depthwise ? [channels, channels] : [groups, groups * outPerGroup];
        const weight = o.float([filters, channels / parts, ...kernel], [-0.3, 0.3]);
        const options = { ...settings, groups: parts, algorithm: "fft" } as const;
        if (after === "nothing") return o.withGradients(ops.conv2d(x, weight, options), [x, weight]);
        const y = ops.conv2d(ops.mul(x, 0.5), weight, { ...options, bias: o.float([filters]) });
        if (after === "two readers") return [ops.relu(y), ops.sum(y, 1)];
        if (after === "concat and conv") {
          const joined = ops.concat([y, ops.tanh(y)], 1);
          return ops.conv2d(joined, o.float([4, 2 * filters, 3, 3], [-0.1, 0.1]), { padding: 1 });
        }
        return o.withGradients(ops.tanh(ops.add(y, o.float(y.shape))), [x, weight]);
      },
      backends,
      14,
      transformed,
    );
  });

  test("along one axis", async () => {
    await agreeOnRandom(
      fc.record({ channels: count(1, 9), kernel: count(1, 20), more: count(0, 60), stride: count(1, 2) }),
      (o, { channels, kernel, more, stride }) => {
        const x = o.float([2, channels, kernel + more]);
        const weight = o.float([5, channels, kernel], [-0.3, 0.3]);
        return o.withGradients(ops.conv1d(x, weight, { stride, algorithm: "fft" }), [x, weight]);
      },
      backends,
      6,
      transformed,
    );
  });
});
