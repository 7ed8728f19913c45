import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import type { DType } from "../src/core/dtype.ts";
import { IndexError } from "../src/core/errors.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import * as ops from "../src/ops/index.ts";
import { expectAgreement, type Program } from "./agreement.ts";

const backends = [createWasmBackend({ threads: 2 }), createWasmBackend({ threads: 1, fused: false })];

describe("equal elements", () => {
  test.each([4, 5, 8, 16])(
    "the first counts, also where an axis runs backwards, in rows of %i",
    async (columns) => {
      await expectAgreement((o) => {
        const x = o.whole([3, 4, columns], "float32", 0, 3);
        const y = ops.flip(x, 1);
        return [
          ops.argmax(y, 1),
          ops.argmin(y, 1),
          ops.argmax(ops.cast(y, "int32"), 1),
          ops.argmax(ops.flip(x, 2), 2),
        ];
      }, backends);
    },
  );
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
  test.each(["gather", "scatterAdd", "take"] as const)(
    "%s refuses indices outside the axis",
    refusesBadIndices,
  );
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
