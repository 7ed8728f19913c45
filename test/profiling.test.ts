import { describe, expect, test } from "vitest";
import { gradients } from "../src/autograd/gradients.ts";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { type Compiled, compile } from "../src/compiler/compile.ts";
import type { Backend } from "../src/core/backend.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import { lenet5 } from "../src/models/lenet.ts";
import * as ops from "../src/ops/index.ts";

const images = (count: number): Tensor =>
  tensor(
    Float32Array.from({ length: count * 784 }, (_, i) => Math.sin(i)),
    { shape: [count, 1, 28, 28] },
  );

function lenetOn(backend: Backend): Compiled<[images: Tensor], Tensor> {
  const model = lenet5().eval();
  return compile((x: Tensor) => model.forward(x), { backend });
}

describe.each([
  ["reference", reference],
  ["wasm on one thread", createWasmBackend({ threads: 1 })],
  ["wasm on two threads", createWasmBackend({ threads: 2 })],
] as const)("profiling on %s", (name, backend) => {
  test("takes the time of every kernel and changes no result", async () => {
    const run = lenetOn(backend);
    const input = images(2);
    const program = await run.program(input);
    const expected = await (await run(input)).data();
    expect(program.describe().every(({ ms, runs }) => ms === undefined && runs === 0)).toBe(true);

    program.profile(true);
    for (let i = 0; i < 3; i++) expect(await (await run(input)).data()).toEqual(expected);
    program.profile(false);
    await run(input);
    for (const { ms, runs, ahead } of program.describe()) {
      // The weights are as they were, so what is computed ahead from them is not computed again.
      expect(runs).toBe(ahead ? 0 : 3);
      if (!ahead) expect(ms).toBeGreaterThan(0);
    }
    let end = 0;
    for (const { start, ms } of program.kernelTimes()) {
      expect(start).toBeGreaterThanOrEqual(end);
      end = start + ms;
    }
  });

  test("begins anew", async () => {
    const run = lenetOn(backend);
    const input = images(1);
    const program = await run.program(input);
    program.profile(true);
    await run(input);
    const kernels = program.describe();
    expect(kernels.every(({ runs }) => runs === 1)).toBe(true); // those ahead, too
    program.profile(true);
    expect(program.kernelTimes()).toEqual([]);
    await run(input);
    expect(new Set(program.kernelTimes().map(({ run }) => run))).toEqual(new Set([0]));
  });

  test("leaves variables as an ordinary run does", async () => {
    const [a, b] = [
      [1, 2],
      [3, 4],
    ].map((values) => new Variable(tensor(values)));
    const step = compile(
      () => {
        const old = a!.value;
        a!.assign(ops.add(b!.value, old));
        b!.assign(old);
      },
      { backend },
    );
    (await step.program()).profile(true);
    await step();
    await step();
    expect([await a!.data(), await b!.data()].map((values) => [...values])).toEqual([
      [5, 8],
      [4, 6],
    ]);
  });

  test("adds up to about the time of whole runs", async () => {
    const run = lenetOn(backend);
    const input = images(name === "reference" ? 1 : 32);
    const program = await run.program(input);
    const times: number[] = [];
    for (let i = 0; i < 60; i++) {
      const began = performance.now();
      await run(input);
      times.push(performance.now() - began);
    }
    program.profile(true);
    for (let i = 0; i < 20; i++) await run(input);
    const sum = program.describe().reduce((total, { ms = 0 }) => total + ms, 0);
    const whole = times.sort((x, y) => x - y)[30]!;
    expect(sum).toBeGreaterThan(whole / 4);
    expect(sum).toBeLessThan(whole * 4);
  });
});

test("a program knows the multiply-accumulates of LeNet-5, and how it computes each product", async () => {
  const kernels = (await lenetOn(createWasmBackend({ threads: 1 })).program(images(2))).describe();
  expect(kernels.reduce((total, { macs }) => total + macs, 0)).toBe(2 * 416_520);
  for (const { kind, algorithm, tile } of kernels) {
    if (kind === "contraction") {
      expect(["direct", "packed"]).toContain(algorithm);
      expect([8, 16]).toContain(tile![1]);
      expect(tile![0]).toBeGreaterThan(0);
    } else expect(tile).toBeUndefined();
  }
});

test("counts the products of a depthwise convolution and of both gradients, at stride 2 too", async () => {
  const [x, w, dy] = [
    [2, 12, 9, 8],
    [12, 1, 3, 3],
    [2, 12, 5, 4],
  ].map((shape) => ops.zeros(shape)) as [Tensor, Tensor, Tensor];
  const convolved = (a: Tensor, b: Tensor): Tensor => ops.conv2d(a, b, { stride: 2, padding: 1, groups: 12 });
  for (const [work, most] of [
    [(a: Tensor, b: Tensor, _: Tensor) => convolved(a, b), 0],
    [(a: Tensor, b: Tensor, g: Tensor) => gradients(convolved(a, b), [b], g)[0]!, 0],
    // Of each residue's convolution, windows at the edge are whole.
    [(a: Tensor, b: Tensor, g: Tensor) => gradients(convolved(a, b), [a], g)[0]!, 0.2],
  ] as const) {
    const run = compile(work, { backend: createWasmBackend({ threads: 1 }) });
    const counted = (await run.program(x, w, dy)).describe().reduce((sum, { macs }) => sum + macs, 0);
    const products = 2 * 12 * 5 * 4 * 9;
    expect(counted).toBeGreaterThanOrEqual(products * (1 - most));
    expect(counted).toBeLessThanOrEqual(products * (1 + most));
  }
});
