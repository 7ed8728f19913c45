import { describe, expect, test, vi } from "vitest";
import { checkpoint } from "../src/autograd/checkpoint.ts";
import { valueAndGrad } from "../src/autograd/grad.ts";
import { gradients } from "../src/autograd/gradients.ts";
import { reference } from "../src/backend/reference/reference.ts";
import { Memory } from "../src/backend/wasm/memory.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { evaluate, setBackend } from "../src/compiler/runtime.ts";
import { ArgumentError, IndexError, ShapeError } from "../src/core/errors.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import * as ops from "../src/ops/index.ts";
import { expectAgreement, type Program } from "./agreement.ts";

const wasm = createWasmBackend({ threads: 1 });
setBackend(wasm);

/** What a promise is rejected with. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`${value} instead of an error`),
    (error: unknown) => error,
  );
}

describe("tensors of a trace", () => {
  test("an argument has no value while the function is traced", async () => {
    let reading: Promise<unknown> | undefined;
    const double = compile((x: Tensor) => {
      reading = errorOf(x.data());
      return ops.mul(x, 2);
    });
    const y = await double(tensor([1, 2]));
    expect([...(await y.data())]).toEqual([2, 4]);
    expect(await reading).toBeInstanceOf(ArgumentError);
    expect(String(await reading)).toMatch(/traced/);
  });

  test("what is computed from an argument cannot be read after the trace", async () => {
    let leaked: Tensor | undefined;
    const double = compile((x: Tensor) => {
      leaked = ops.exp(x);
      return ops.mul(x, 2);
    });
    await double(tensor([1, 2]));
    const error = await errorOf(leaked!.data());
    expect(String(error)).toMatch(/argument of another trace/);
    // Other tensors are computed as before.
    expect(await ops.sum(tensor([1, 2])).item()).toBe(3);
  });

  test("a variable's value from inside a trace cannot be used outside", async () => {
    const weight = new Variable(tensor([3]));
    let leaked: Tensor | undefined;
    const scale = compile((x: Tensor) => {
      leaked = weight.value;
      return ops.mul(x, weight);
    });
    await scale(tensor([2]));
    expect(String(await errorOf(ops.add(leaked!, 1).data()))).toMatch(/argument of another trace/);
    expect(await weight.value.item()).toBe(3);
  });

  test("an error inside the traced function reaches the caller and leaves variables alone", async () => {
    const weight = new Variable(tensor([3]));
    let broken = true;
    const step = compile(() => {
      weight.assign(ops.add(weight, 1));
      return broken
        ? ops.add(weight, tensor([1, 2, 3, 4]).shape.length > 3 ? 0 : ops.matmul(weight, ops.zeros([5])))
        : weight.value;
    });
    expect(await errorOf(step())).toBeInstanceOf(ShapeError);
    expect(await weight.value.item()).toBe(3);
    broken = false;
    await step();
    expect(await weight.value.item()).toBe(4);
  });
});

describe("float64", () => {
  test("runs on the reference, and wasm refuses it with a hint", async () => {
    const build = (): Tensor => ops.exp(tensor(Float64Array.of(0, 1)));
    const error = await errorOf(evaluate([build()], wasm));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(String(error)).toMatch(/float64 runs on the reference backend only; cast to float32/);
    const y = build();
    await evaluate([y], reference);
    expect([...(await y.data())]).toEqual([1, Math.E]);
  });
});

describe("NaN and infinities are passed on as in the reference", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const special = [nan, inf, -inf, 0, -0, 1.5, -2, 3e38, -3e38, 1e-40];
  // Rows of 24: special values among others, in the vector part and in the remainder.
  const rows = special.map((value, i) =>
    Array.from({ length: 23 }, (_, k) => (k === (5 * i) % 23 ? value : Math.sin(i + k))),
  );
  const x = (): Tensor => tensor(rows);
  const pairs = (): [Tensor, Tensor] => {
    const all = special.flatMap((a) => special.map((b) => [a, b] as const));
    return [tensor(all.map(([a]) => a)), tensor(all.map(([, b]) => b))];
  };

  const programs: Record<string, Program> = {
    "max, min, argmax and argmin along rows": () => [
      ops.max(x(), 1),
      ops.min(x(), 1),
      ops.argmax(x(), 1),
      ops.argmin(x(), 1),
    ],
    "max, min, argmax and argmin along columns": () => [
      ops.max(x(), 0),
      ops.min(x(), 0),
      ops.argmax(x(), 0),
      ops.argmin(x(), 0),
    ],
    "max and min of everything": () => [ops.max(x()), ops.min(x()), ops.argmax(x()), ops.argmin(x())],
    "maximum and minimum": () => {
      const [a, b] = pairs();
      return [ops.maximum(a, b), ops.minimum(a, b), ops.clamp(a, -1, 1)];
    },
    arithmetic: () => {
      const [a, b] = pairs();
      return [ops.add(a, b), ops.sub(a, b), ops.mul(a, b), ops.div(a, b)];
    },
    comparisons: () => {
      const [a, b] = pairs();
      return [
        ops.equal(a, b),
        ops.notEqual(a, b),
        ops.less(a, b),
        ops.lessEqual(a, b),
        ops.greater(a, b),
        ops.greaterEqual(a, b),
      ];
    },
    choices: () => {
      const [a, b] = pairs();
      return [ops.where(ops.less(a, b), a, b), ops.where(ops.equal(a, a), 1, b)];
    },
    activations: () =>
      [ops.relu, ops.relu6, ops.leakyRelu, ops.sigmoid, ops.tanh, ops.elu, ops.softplus, ops.hardswish].map(
        (f) => f(x()),
      ),
    "elementary functions": () =>
      [ops.exp, ops.log, ops.sqrt, ops.abs, ops.neg, ops.floor, ops.sign, ops.erf, ops.expm1, ops.log1p].map(
        (f) => f(x()),
      ),
    "softmax and its relatives": () => [
      ops.softmax(x(), 1),
      ops.logSoftmax(x(), 1),
      ops.logSumExp(x(), 1),
      ops.softmax(x(), 0),
    ],
    sums: () => [ops.sum(x(), 1), ops.mean(x(), 0), ops.variance(x(), 1)],
    products: () => [ops.matmul(x(), ops.ones([23, 5])), ops.matmul(ops.zeros([3, 10]), x())],
    pooling: () => {
      const images = ops.reshape(tensor(rows.flat().slice(0, 225)), [1, 1, 15, 15]);
      return [
        ops.maxPool2d(images, 3, { padding: 1 }),
        ops.maxPool2dWithIndices(images, 2).indices,
        ops.avgPool2d(images, 2),
      ];
    },
    "padding a convolution does not mix in what lies outside": () => {
      const images = ops.full([1, 1, 5, 5], inf);
      return ops.conv2d(images, ops.ones([1, 1, 3, 3]), { padding: 1 });
    },
  };
  test.each(Object.entries(programs))("%s", async (_, program) => {
    await expectAgreement(program, [wasm, createWasmBackend({ threads: 1, fused: false })]);
  });
});

describe("gradients", () => {
  test("do not pass through a tensor whose value was read", async () => {
    const weight = new Variable(tensor([1, 2, 3]));
    const y = ops.square(weight);
    await y.data();
    expect(() => valueAndGrad(() => ops.sum(y), [weight])).toThrow(
      /value was read already; take gradients before/,
    );
    // Reading afterwards is fine.
    const { value, grads } = valueAndGrad(() => ops.sum(ops.square(weight)), [weight]);
    expect(await value.item()).toBe(14);
    expect([...(await grads.get(weight)!.data())]).toEqual([2, 4, 6]);
  });

  test("want a scalar of real numbers", () => {
    const x = tensor([1, 2]);
    expect(() => gradients(ops.exp(x), [x])).toThrow(ShapeError);
    expect(() => gradients(ops.argmax(x), [x])).toThrow(ArgumentError);
  });
});

describe("checkpoint", () => {
  const width = 64;
  const depth = 12;
  const x = tensor(
    Float32Array.from({ length: 256 * width }, (_, i) => Math.sin(i)),
    { shape: [256, width] },
  );
  const weights = Array.from({ length: depth }, (_, d) =>
    tensor(
      Float32Array.from({ length: width * width }, (_, i) => Math.cos(i * (d + 1)) / 8),
      { shape: [width, width] },
    ),
  );
  const layer = (weight: Tensor) => (y: Tensor) =>
    ops.gelu(ops.matmul(ops.dropout(y, 0.1, { generator }), weight));
  let generator = new ops.Generator(5);

  function lossAndGradients(kept: boolean): Tensor[] {
    generator = new ops.Generator(5);
    let y: Tensor = x;
    for (let d = 0; d < depth; d += 3) {
      const part = (start: Tensor): Tensor => [0, 1, 2].reduce((z, i) => layer(weights[d + i]!)(z), start);
      y = kept ? part(y) : checkpoint(part, y);
    }
    const loss = ops.mean(ops.square(y));
    return [loss, ...gradients(loss, [x, ...weights])];
  }

  test("gives the same gradients to the bit", async () => {
    const [kept, again] = [lossAndGradients(true), lossAndGradients(false)];
    await evaluate(kept, wasm);
    await evaluate(again, wasm);
    for (const [i, gradient] of kept.entries()) {
      expect(await again[i]!.data(), `result ${i}`).toEqual(await gradient.data());
    }
  });

  test("needs a smaller arena", async () => {
    const arena = vi.spyOn(Memory.prototype, "arena");
    await evaluate(lossAndGradients(true), wasm);
    await evaluate(lossAndGradients(false), wasm);
    const [kept, again] = arena.mock.calls.map(([bytes]) => bytes);
    arena.mockRestore();
    expect(again! / kept!).toBeLessThan(0.8);
  });
});

describe("after an error", () => {
  test("a compiled function goes on with other arguments", async () => {
    const pick = compile((x: Tensor, index: Tensor) => ops.take(x, index));
    const x = tensor([1, 2, 3]);
    expect(await errorOf(pick(x, tensor([3], { dtype: "int32" })))).toBeInstanceOf(IndexError);
    expect(await (await pick(x, tensor([2], { dtype: "int32" }))).item()).toBe(3);
  });

  test("a variable whose value could not be computed does not stop all other work", async () => {
    const index = tensor([7], { dtype: "int32" });
    const broken = new Variable(ops.take(tensor([1, 2, 3]), index));
    try {
      expect(await errorOf(broken.data())).toBeInstanceOf(IndexError);
      expect(await ops.sum(tensor([1, 2])).item()).toBe(3);
    } finally {
      broken.assign(Float32Array.of(0));
    }
  });
});
