import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { valueAndGrad } from "../src/autograd/grad.ts";
import { Memory } from "../src/backend/wasm/memory.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { setBackend } from "../src/compiler/runtime.ts";
import { MemoryError } from "../src/core/errors.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import { BatchNorm2d } from "../src/nn/batch-norm2d.ts";
import { Conv2d } from "../src/nn/conv2d.ts";
import { Dropout } from "../src/nn/dropout.ts";
import { Flatten } from "../src/nn/flatten.ts";
import { Linear } from "../src/nn/linear.ts";
import { MaxPool2d } from "../src/nn/max-pool2d.ts";
import { ReLU } from "../src/nn/relu.ts";
import { Sequential } from "../src/nn/sequential.ts";
import * as ops from "../src/ops/index.ts";
import { SGD } from "../src/train/optimizers/sgd.ts";
import { slow } from "./agreement.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A backend of its own on one thread, and what is known about its memory. */
async function watchedBackend(): Promise<{ memory: Memory }> {
  let memory: Memory | undefined;
  const allocate = Memory.prototype.allocate;
  const spy = vi.spyOn(Memory.prototype, "allocate").mockImplementation(function (this: Memory, ...args) {
    memory = this;
    return allocate.apply(this, args);
  });
  setBackend(createWasmBackend({ threads: 1 }));
  await ops.exp(tensor([1])).data();
  spy.mockRestore();
  return { memory: memory! };
}

interface Usage {
  /** Extent of the WebAssembly memory. */
  readonly reserved: number;
  /** Bytes of it that belong to somebody. */
  readonly used: number;
  readonly heap: number;
  readonly resident: number;
}

/** Usage after everything that nobody refers to is gone. */
async function usage(memory: Memory): Promise<Usage> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5)); // finalizers run as tasks of their own
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { reserved: memory.memory.buffer.byteLength, used: memory.used, heap: heapUsed, resident: rss };
}

const mebi = 2 ** 20;

/** @param slack bytes by which the garbage collector may leave more in use; the memory may grow by several times as much. */
function expectNoGrowth(before: Usage, after: Usage, slack: number): void {
  expect(after.used - before.used, "bytes of WebAssembly memory in use").toBeLessThanOrEqual(slack);
  expect(after.reserved - before.reserved, "WebAssembly memory").toBeLessThanOrEqual(16 * slack);
  expect(after.heap - before.heap, "JavaScript heap").toBeLessThan(2 * mebi);
  expect(after.resident - before.resident, "resident set").toBeLessThan(64 * mebi);
}

/** Runs `body` in thirds; the first third is for caches to fill. */
async function expectConstantMemory(
  memory: Memory,
  rounds: number,
  body: (i: number) => Promise<void>,
  slack = 0,
): Promise<void> {
  const third = Math.ceil(rounds / 3);
  for (let i = 0; i < third; i++) await body(i);
  const before = await usage(memory);
  for (let i = third; i < 3 * third; i++) await body(i);
  expectNoGrowth(before, await usage(memory), slack);
}

describe("memory stays constant", () => {
  const steps = slow ? 100_000 : 3000;
  test(`in ${steps} steps of training`, { timeout: 600_000 }, async () => {
    const { memory } = await watchedBackend();
    const model = new Sequential(
      [1, 8, 8],
      new Conv2d(1, 4, 3, { padding: 1 }),
      new BatchNorm2d(4),
      new ReLU(),
      new MaxPool2d(2),
      new Dropout(0.2),
      new Flatten(),
      new Linear(64, 3),
    );
    const optimizer = new SGD({ lr: 0.01, momentum: 0.9 });
    const step = compile((images: Tensor, labels: Tensor) => {
      const { value, grads } = valueAndGrad(
        () => ops.crossEntropy(model.forward(images), labels),
        model.parameters(),
      );
      optimizer.update(grads);
      return value;
    });
    await expectConstantMemory(memory, steps, async (i) => {
      const images = Float32Array.from({ length: 4 * 64 }, (_, k) => Math.sin(i + k));
      optimizer.setLearningRate(0.01 / (1 + i / steps));
      const loss = await step(tensor(images, { shape: [4, 1, 8, 8] }), tensor(Int32Array.of(0, 1, 2, i % 3)));
      if (i % 500 === 0) expect(Number.isFinite(await loss.item())).toBe(true);
    });
  });

  test("when ever new expressions are evaluated", async () => {
    const { memory } = await watchedBackend();
    const x = new Float32Array(2000);
    await expectConstantMemory(
      memory,
      1500,
      async (i) => {
        expect(await ops.sum(ops.exp(ops.narrow(tensor(x), 0, 0, i + 1))).item()).toBe(i + 1);
      },
      mebi,
    );
  });

  test("when a compiled function is called and forgotten, again and again", async () => {
    const { memory } = await watchedBackend();
    await expectConstantMemory(
      memory,
      900,
      async (i) => {
        const weight = new Variable(tensor(new Float32Array(1000).fill(i)));
        const scale = compile((x: Tensor) => ops.mul(ops.mul(x, i), weight));
        await scale(tensor(new Float32Array(1000)));
      },
      mebi,
    );
  });

  test("when a compiled function gets arguments of the same few shapes", async () => {
    const { memory } = await watchedBackend();
    const total = compile((x: Tensor) => ops.sum(ops.tanh(x)));
    await expectConstantMemory(memory, 3000, async (i) => {
      await total(tensor(new Float32Array(1 + (i % 7) * 1000)));
    });
  });

  test("when values of a variable are read between updates, and the loop lets others work", async () => {
    const { memory } = await watchedBackend();
    const counter = new Variable(tensor(new Float32Array(10_000)));
    const step = compile(() => counter.assign(ops.add(counter, 1)));
    await expectConstantMemory(memory, 600, async (i) => {
      await step();
      if (i % 100 === 0) expect((await counter.data())[17]).toBe(i + 1);
      await new Promise((resolve) => setImmediate(resolve));
    });
  });
});

describe("variables that are used from outside at every step keep their memory", () => {
  const bound = 64 * mebi;

  test("one that is assigned from the host", async () => {
    const { memory } = await watchedBackend();
    const input = new Variable(tensor(new Float32Array(mebi / 4)));
    const total = compile(() => ops.sum(input));
    for (let i = 0; i < 200; i++) {
      input.assign(new Float32Array(mebi / 4).fill(i));
      await total();
    }
    const { reserved } = await usage(memory);
    expect(reserved).toBeLessThan(bound);
  });

  test("one that is assigned and never read", async () => {
    const { memory } = await watchedBackend();
    const last = new Variable(tensor(new Float32Array(mebi / 4)));
    const step = compile((x: Tensor) => last.assign(ops.mul(x, 2)));
    for (let i = 0; i < 200; i++) await step(tensor(new Float32Array(mebi / 4).fill(i)));
    expect((await last.data())[5]).toBe(398);
    const { reserved } = await usage(memory);
    expect(reserved).toBeLessThan(bound);
  });

  test("one that is looked at", async () => {
    const { memory } = await watchedBackend();
    const counter = new Variable(tensor(new Float32Array(mebi / 4)));
    const step = compile(() => counter.assign(ops.add(counter, 1)));
    for (let i = 0; i < 200; i++) {
      await step();
      counter.value;
    }
    const { reserved } = await usage(memory);
    expect(reserved).toBeLessThan(bound);
  });
});

describe.each([
  ["shared", "1"],
  ["the page's own", "0"],
])("weights that are laid out ahead, in memory that is %s", (_, threads) => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("are copied from the host a few at a time", async () => {
    vi.stubEnv("FOVEA_WASM_THREADS", threads);
    const { memory } = await watchedBackend();
    const width = 1024;
    const bytes = 4 * width * width;
    const count = 12;
    // Each only moves elements about.
    const from = (r: number, k: number): number => (7 * r + k) % width;
    const weights = Array.from({ length: count }, (_, k) => {
      const values = new Float32Array(width * width);
      for (let r = 0; r < width; r++) values[r * width + from(r, k)] = 1;
      return new Variable(tensor(values, { shape: [width, width] }));
    });
    // In another order than they were made in, and one of them twice.
    const order = [...weights.keys()].reverse().concat(0);
    const values = Float32Array.from({ length: width }, (_, i) => Math.sin(i));
    const expected = order.reduce((y, k) => y.map((_, r) => y[from(r, k)]!), values);
    const x = tensor(values, { shape: [1, width] });
    const chain = compile((x: Tensor) => order.reduce((y, k) => ops.linear(y, weights[k]!), x));
    await chain.program(x);
    let most = 0;
    const hold = Memory.prototype.hold;
    const before = memory.used;
    const spy = vi.spyOn(Memory.prototype, "hold").mockImplementation(function (this: Memory, ...args) {
      const block = hold.apply(this, args);
      most = Math.max(most, this.used - before);
      return block;
    });
    const first = await (await chain(x)).data();
    spy.mockRestore();
    expect(first).toEqual(expected);
    expect(await (await chain(x)).data()).toEqual(first);
    expect(most).toBeGreaterThan(4 * bytes);
    expect(most).toBeLessThan(7 * bytes);
    expect(memory.used - before).toBeLessThan(bytes);
    weights[5]!.assign(new Float32Array(width * width));
    expect((await (await chain(x)).data()).every((value) => value === 0)).toBe(true);
  });
});

describe("a program that does not fit", () => {
  const column = (n: number): Tensor => tensor(new Float32Array(n).fill(1), { shape: [n, 1] });
  const row = (n: number): Tensor => tensor(new Float32Array(n).fill(1), { shape: [1, n] });

  test.each([
    ["its result", () => ops.matmul(column(40_000), row(40_000)), 6.4e9],
    ["a value inside", () => ops.matmul(row(70_000), ops.matmul(column(70_000), row(70_000))), 19.6e9],
    ["far too large a value", () => ops.matmul(row(5e6), ops.matmul(column(5e6), row(5e6))), 1e14],
  ] as const)("is refused with bytes, limit and a hint: %s", async (_, build, bytes) => {
    await watchedBackend();
    const error = await build()
      .data()
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(error).toBeInstanceOf(MemoryError);
    const { requestedBytes, limitBytes, message } = error as MemoryError;
    expect(requestedBytes).toBeGreaterThanOrEqual(bytes);
    expect(requestedBytes).toBeLessThan(1.01 * bytes);
    expect(limitBytes).toBeGreaterThan(2 ** 31);
    expect(limitBytes).toBeLessThanOrEqual(2 ** 32);
    expect(message).toContain(`${requestedBytes.toLocaleString("en")} bytes`);
    expect(message).toContain(`the limit is ${limitBytes.toLocaleString("en")} bytes`);
    expect(message).toContain("lower the batch size");
    // The backend goes on working.
    expect(await ops.sum(ops.matmul(column(300), row(300))).item()).toBe(90_000);
  });
});
