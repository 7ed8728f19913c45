import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import type { DType } from "../src/core/dtype.ts";
import { IndexError } from "../src/core/errors.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import * as ops from "../src/ops/index.ts";
import { agreeOnRandom, expectAgreement, type Operands, type Program } from "./agreement.ts";

/** Two threads, so that work is split, and one without fused multiply-add. */
const backends = [createWasmBackend({ threads: 2 }), createWasmBackend({ threads: 1, fused: false })];
const wasm = backends[0]!;

describe("matrix products", () => {
  // rows, inner, columns: the blocks are 64 rows (tiles of up to 6), 256 columns (panels of 8) and 512 inner steps.
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
      { relative: 1e-5, absolute: 2e-6 },
    );
  });
});

describe("element types", () => {
  const ranges: readonly (readonly [DType, number, number])[] = [
    ["uint8", 0, 256],
    ["bool", 0, 2],
    ["int32", -40, 40],
    ["float32", -3, 3],
  ];
  test.each(ranges)("%s is cast to every type, compared, chosen and summed", async (dtype, low, high) => {
    await expectAgreement((o) => {
      const [x, y] = [o.whole([5, 83], dtype, low, high), o.whole([5, 83], dtype, low, high)];
      const other = o.whole([83], dtype, low, high);
      const casts = ranges.map(([to]) => ops.cast(ops.where(ops.equal(x, y), x, other), to));
      return [
        ...casts,
        ops.less(x, y),
        ops.lessEqual(x, other),
        ops.greater(x, 1),
        ops.notEqual(x, y),
        ops.logicalNot(ops.cast(x, "bool")),
        ops.logicalOr(ops.cast(x, "bool"), ops.cast(y, "bool")),
        ops.sum(x),
        ops.sum(x, 0),
        ops.sum(x, 1),
        ops.mean(x, 1),
      ];
    }, backends);
  });

  test.each(["uint8", "int32"] as const)("arithmetic on %s is the reference's", async (dtype) => {
    await expectAgreement((o) => {
      const [x, y] = [o.whole([4, 77], dtype, 1, 12), o.whole([4, 77], dtype, 1, 12)];
      return [
        ops.add(x, y),
        ops.mul(x, y),
        ops.maximum(x, y),
        ops.minimum(x, 5),
        ops.max(x, 1),
        ops.min(x, 0),
      ];
    }, backends);
  });

  test("bytes as images: normalized, convolved, and compared with labels", async () => {
    await expectAgreement((o) => {
      const images = o.whole([3, 1, 21, 20], "uint8", 0, 256);
      const labels = o.whole([3], "int32", 0, 7);
      const weight = o.float([7, 1, 3, 3]);
      const x = ops.div(ops.sub(ops.cast(images, "float32"), 128), 64);
      const logits = ops.globalAvgPool(ops.conv2d(x, weight));
      const flat = ops.reshape(logits, [3, 7]);
      const hits = ops.equal(ops.argmax(flat, 1), labels);
      return [...o.withGradients(ops.crossEntropy(flat, labels), [weight]), ops.sum(hits)];
    }, backends);
  });
});

describe("views", () => {
  const cases: Record<string, Program> = {
    "slices with negative steps": (o) => {
      const x = o.float([30, 41, 7]);
      const y = ops.slice(x, [{ start: -2, step: -3 }, { start: 38, end: 2, step: -5 }, { step: -1 }]);
      return o.withGradients(ops.mul(y, ops.flip(y, [0, 2])), [x]);
    },
    "a concatenation of many": (o) => {
      const parts = Array.from({ length: 23 }, (_, i) => o.float([3, 1 + (i % 4), 17]));
      return o.withGradients(ops.concat([...parts, parts[0]!], 1), parts);
    },
    "a concatenation along the last axis, of results": (o) => {
      const parts = Array.from({ length: 5 }, (_, i) => o.float([40, 5 + i]));
      const made = parts.map((part, i) => (i % 2 ? ops.exp(part) : ops.softmax(part)));
      return o.withGradients(ops.sum(ops.concat(made, -1), 0), parts);
    },
    "stacked, and summed over the new axis": (o) => {
      const parts = Array.from({ length: 6 }, () => o.float([19, 21]));
      return o.withGradients(ops.max(ops.stack(parts, 1), 1), parts);
    },
    "permutations of four axes": (o) => {
      const x = o.float([5, 6, 7, 8]);
      return o.withGradients(ops.exp(ops.permute(ops.permute(x, [3, 1, 0, 2]), [1, 3, 2, 0])), [x]);
    },
    "reshapes that cut across axes": (o) => {
      const x = o.float([12, 35, 6]);
      const y = ops.reshape(ops.transpose(x, 0, 1), [30, 84]);
      return o.withGradients(ops.sum(ops.reshape(ops.tanh(y), [5, 9, 56]), 1), [x]);
    },
    "gathers with repeated indices": (o) => {
      const x = o.float([9, 50, 11]);
      const index = o.whole([9, 70, 11], "int32", 0, 50);
      return o.withGradients(ops.gather(ops.sin(x), index, 1), [x]);
    },
    "gathers of computed positions": (o) => {
      const x = o.float([40, 33]);
      const best = ops.argmax(x, 1, { keepDims: true });
      return o.withGradients(ops.gather(ops.mul(x, 2), best, 1), [x]);
    },
    "scattered sums": (o) => {
      const source = o.float([6, 90]);
      const index = o.whole([6, 90], "int32", 0, 13);
      return o.withGradients(ops.scatterAdd(source, index, 1, 13), [source]);
    },
    "every padding": (o) => {
      const x = o.float([2, 3, 17, 18]);
      return (["constant", "reflect", "replicate", "circular"] as const).flatMap((mode) =>
        o.withGradients(ops.pad(x, [3, 2, 1, 4], { mode }), [x]),
      );
    },
    "elements put apart, as in a convolution's input gradient": (o) => {
      const [dy, weight] = [o.float([2, 4, 9, 9]), o.float([4, 3, 2, 2])];
      return o.withGradients(ops.convTranspose2d(dy, weight, { stride: 4, outputPadding: 3 }), [dy, weight]);
    },
    "pooling with overlaps, and its positions": (o) => {
      const x = o.float([3, 5, 20, 21]);
      const { output, indices } = ops.maxPool2dWithIndices(x, 3, { stride: 2, padding: 1 });
      const average = ops.avgPool2d(x, 3, { stride: 1, padding: 1 });
      return [indices, ...o.withGradients(output, [x]), ...o.withGradients(average, [x])];
    },
    "resized images": (o) => {
      const x = o.float([2, 3, 11, 13]);
      return (["nearest", "bilinear"] as const).flatMap((mode) =>
        o.withGradients(ops.interpolate(x, { size: [23, 9], mode }), [x]),
      );
    },
  };
  test.each(Object.entries(cases))("%s", async (_, program) => {
    await expectAgreement(program, backends, { seed: 5 });
  });

  const refusesBadIndices = async (name: "gather" | "scatterAdd" | "take"): Promise<void> => {
    for (const bad of [-1, 5, 2 ** 30, -(2 ** 31)]) {
      const x = tensor(new Float32Array(20), { shape: [4, 5] });
      const line = Int32Array.of(0, 1, bad, 3);
      const build = (): Tensor => {
        if (name === "take") return ops.take(x, tensor(line), 1);
        const index = ops.expand(tensor(line, { shape: [4, 1] }), [4, 5]);
        return name === "gather" ? ops.gather(x, index, 1) : ops.scatterAdd(x, index, 1, 5);
      };
      for (const backend of [reference, ...backends]) {
        const outcome = await evaluate([build()], backend).then(
          () => "nothing",
          (error: unknown) => error,
        );
        expect(outcome, `${name} of ${bad} on ${backend.name}`).toBeInstanceOf(IndexError);
      }
    }
  };
  test.each(["gather", "take"] as const)("%s refuses indices outside the axis", refusesBadIndices);
  // The kernel only compares indices with positions, so that one outside adds to no element.
  test.fails("scatterAdd refuses indices outside the axis", () => refusesBadIndices("scatterAdd"));
});

describe("extents of 0 and scalars", () => {
  const cases: Record<string, Program> = {
    "elementwise ops on nothing": (o) => [
      ops.exp(o.float([0])),
      ops.add(o.float([3, 0, 4]), o.float([3, 1, 4])),
    ],
    "sums of nothing": (o) => [
      ops.sum(o.float([0])),
      ops.sum(o.float([4, 0]), 1),
      ops.sum(o.float([0, 4]), 1),
    ],
    "views of nothing": (o) => [
      ops.transpose(o.float([0, 7])),
      ops.reshape(o.float([0, 6]), [3, 0]),
      ops.concat([o.float([2, 0]), o.float([2, 3]), o.float([2, 0])], 1),
      ops.slice(o.float([6]), [{ start: 4, end: 2 }]),
    ],
    "products with an empty axis": (o) => [
      ops.matmul(o.float([3, 0]), o.float([0, 4])),
      ops.matmul(o.float([0, 3]), o.float([3, 4])),
      ops.matmul(o.float([2, 3]), o.float([3, 0])),
    ],
    "a batch of no images": (o) => {
      const weight = o.float([4, 3, 3, 3]);
      return o.withGradients(ops.conv2d(o.float([0, 3, 8, 8]), weight), [weight]);
    },
    scalars: (o) => {
      const [x, y] = [o.float([]), o.float([])];
      return o.withGradients(ops.mul(ops.exp(x), ops.sum(ops.expand(y, [9]))), [x, y]);
    },
    "an operand as result": (o) => {
      const x = o.float([7]);
      return [x, x, ops.reshape(x, [7, 1]), ops.full([70], 3), ops.iota(19)];
    },
  };
  test.each(Object.entries(cases))("%s", async (_, program) => {
    await expectAgreement(program, backends);
  });
});

describe("variables", () => {
  const cell = (values: readonly number[]): Variable => new Variable(tensor(Float32Array.from(values)));
  const read = async (...variables: Variable[]): Promise<number[][]> =>
    Promise.all(variables.map(async (variable) => [...(await variable.data())]));

  describe.each([
    ["reference", reference],
    ["wasm", wasm],
  ] as const)("%s", (_, backend) => {
    test("two variables are swapped, run after run", async () => {
      const [a, b] = [cell([1, 2, 3]), cell([4, 5, 6])];
      const swap = compile(
        () => {
          const old = a.value;
          a.assign(b.value);
          b.assign(old);
        },
        { backend },
      );
      for (let run = 0; run < 5; run++) await swap();
      expect(await read(a, b)).toEqual([
        [4, 5, 6],
        [1, 2, 3],
      ]);
    });

    test("three variables are rotated, and one is mixed with what another was", async () => {
      const [a, b, c] = [cell([1, 1]), cell([2, 3]), cell([4, 5])];
      const rotate = compile(
        () => {
          const [x, y, z] = [a.value, b.value, c.value];
          a.assign(y);
          b.assign(z);
          c.assign(ops.add(ops.flip(x, 0), ops.mul(c.value, y)));
        },
        { backend },
      );
      for (let run = 0; run < 3; run++) await rotate();
      // Each row is (a, b, c) by the rule (a, b, c) ← (b, c, flip(a) + c·b).
      let [x, y, z] = [
        [1, 1],
        [2, 3],
        [4, 5],
      ] as number[][] as [number[], number[], number[]];
      for (let run = 0; run < 3; run++) {
        const next = z.map((value, i) => x[1 - i]! + value * y[i]!);
        [x, y, z] = [y, z, next];
      }
      expect(await read(a, b, c)).toEqual([x, y, z]);
    });

    test("a variable read after being assigned has the new value, a tensor read before keeps the old", async () => {
      const a = cell([1, 2]);
      const step = compile(
        () => {
          const before = a.value;
          a.assign(ops.mul(a, 10));
          const between = a.value;
          a.assign(ops.add(a, 1));
          return { before, between, after: a.value };
        },
        { backend },
      );
      await step();
      const { before, between, after } = await step();
      expect([[...(await before.data())], [...(await between.data())], [...(await after.data())]]).toEqual([
        [11, 21],
        [110, 210],
        [111, 211],
      ]);
    });

    test("a value held outside stays what it was while updates go on in place", async () => {
      const a = cell([1, 2, 3]);
      const step = compile(() => a.assign(ops.add(a, 1)), { backend });
      await step();
      const held = a.value;
      const derived = ops.mul(a, 100);
      await step();
      await step();
      await evaluate([derived], backend);
      expect([...(await held.data())]).toEqual([2, 3, 4]);
      expect([...(await derived.data())]).toEqual([200, 300, 400]);
      expect(await read(a)).toEqual([[4, 5, 6]]);
    });

    test("updates that read neighbours do not see what is written already", async () => {
      const n = 5000;
      const a = new Variable(tensor(Float32Array.from({ length: n }, (_, i) => i)));
      const step = compile(() => a.assign(ops.add(ops.flip(a, 0), ops.sum(a, 0, { keepDims: true }))), {
        backend,
      });
      await step();
      const total = (n * (n - 1)) / 2;
      expect(await a.data()).toEqual(
        Float32Array.from({ length: n }, (_, i) => Math.fround(n - 1 - i + total)),
      );
    });

    test("one tensor assigned to two variables makes two values", async () => {
      const [a, b] = [cell([0, 0]), cell([0, 0])];
      const both = compile(
        (x: Tensor) => {
          const y = ops.mul(x, 2);
          a.assign(y);
          b.assign(y);
        },
        { backend },
      );
      const bump = compile(() => a.assign(ops.add(a, 1)), { backend });
      await both(tensor([1, 2]));
      await bump();
      expect(await read(a, b)).toEqual([
        [3, 5],
        [2, 4],
      ]);
    });

    test("a variable assigned an argument or another variable does not follow it", async () => {
      const [a, b] = [cell([0, 0]), cell([7, 8])];
      const values = Float32Array.of(1, 2);
      const take = compile(
        (x: Tensor) => {
          a.assign(x);
          return b.value;
        },
        { backend },
      );
      const given = await take(tensor(values));
      values.fill(99);
      b.assign([9, 9] as unknown as Float32Array);
      expect(await read(a)).toEqual([[1, 2]]);
      expect([...(await given.data())]).toEqual([7, 8]);
    });

    // A program on wasm has written over variables in place by the time that it reports the index.
    const atomic = backend === reference ? test : test.fails;
    atomic("a call that fails on a bad index leaves the variables as they were", async () => {
      const a = cell([1, 2, 3]);
      const step = compile(
        (index: Tensor) => {
          a.assign(ops.add(a, 1));
          return ops.take(a, index);
        },
        { backend },
      );
      await step(tensor([0, 1], { dtype: "int32" }));
      await expect(step(tensor([0, 3], { dtype: "int32" }))).rejects.toThrow(IndexError);
      expect(await read(a)).toEqual([[2, 3, 4]]);
    });
  });
});
