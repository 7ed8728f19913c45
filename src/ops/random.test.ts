import { describe, expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { compile } from "../compiler/compile.ts";
import { evaluate } from "../compiler/runtime.ts";
import { philox4x32 } from "../core/philox.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as ops from "./index.ts";

async function read(t: Tensor): Promise<number[]> {
  await evaluate([t], reference);
  return [...(await t.data())];
}

test("bits are the words of Philox at the generator's seed and counter", async () => {
  const seed = 5 * 2 ** 32 + 0xffffffff;
  const generator = new ops.Generator(seed);
  const first = await read(generator.bits([6]));
  const second = await read(generator.bits([6]));
  const expected = (call: number): number[] => {
    const words = new Uint32Array(8);
    for (const block of [0, 1]) {
      philox4x32([block, 0, call, 0], [0xffffffff, 5], words.subarray(4 * block));
    }
    return [...Int32Array.from(words.subarray(0, 6))];
  };
  expect(first).toEqual(expected(0));
  expect(second).toEqual(expected(1));
});

test("the counter carries into its upper word", async () => {
  const generator = new ops.Generator(1);
  generator.state.assign(Int32Array.of(1, 0, -1, 6));
  generator.bits([1]);
  expect(await read(generator.state.value)).toEqual([1, 0, 0, 7]);
});

test("a compiled function draws anew at each call, and the state can be put back", async () => {
  const generator = new ops.Generator(3);
  const draw = compile(() => ops.uniform([4], { generator }), { backend: reference });
  const a = await (await draw()).data();
  const b = await (await draw()).data();
  expect(b).not.toEqual(a);
  expect(await read(generator.state.value)).toEqual([3, 0, 2, 0]);
  generator.seed(3);
  expect(await (await draw()).data()).toEqual(a);
});

test("manualSeed starts the default generator again", async () => {
  ops.defaultGenerator.seed(11);
  const a = await read(ops.uniform([3]));
  ops.defaultGenerator.seed(11);
  expect(await read(ops.uniform([3]))).toEqual(a);
  expect(() => ops.defaultGenerator.seed(-1)).toThrow("seed");
  expect(() => new ops.Generator(0.5)).toThrow("seed");
});

describe("distributions", () => {
  const n = 20_000;
  const generator = new ops.Generator(2026);

  function moments(values: readonly number[]): { mean: number; std: number } {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    return { mean, std: Math.sqrt(variance) };
  }

  // Means of n values lie within 5 standard errors.
  test("uniform", async () => {
    const values = await read(ops.uniform([n], { low: -1, high: 3, generator }));
    expect(values.every((v) => v >= -1 && v < 3)).toBe(true);
    const { mean, std } = moments(values);
    expect(Math.abs(mean - 1)).toBeLessThan((5 * (4 / Math.sqrt(12))) / Math.sqrt(n));
    expect(std).toBeCloseTo(4 / Math.sqrt(12), 1);
  });

  test("uniform numbers are multiples of 2⁻²⁴", async () => {
    const values = await read(ops.uniform([100], { generator }));
    expect(values.every((v) => Number.isInteger(v * 2 ** 24) && v >= 0 && v < 1)).toBe(true);
  });

  test("normal", async () => {
    const values = await read(ops.normal([n], { mean: 2, std: 3, generator }));
    const { mean, std } = moments(values);
    expect(Math.abs(mean - 2)).toBeLessThan((5 * 3) / Math.sqrt(n));
    expect(std).toBeCloseTo(3, 1);
    const within = values.filter((v) => Math.abs(v - 2) < 3).length / n;
    expect(Math.abs(within - 0.6827)).toBeLessThan(0.02);
  });

  test("bernoulli", async () => {
    const { mean } = moments(await read(ops.bernoulli([n], 0.3, { generator })));
    expect(Math.abs(mean - 0.3)).toBeLessThan((5 * Math.sqrt(0.21)) / Math.sqrt(n));
  });

  test("dropout keeps the mean: elements are 0 or x / (1 − p)", async () => {
    const y = await read(ops.dropout(ops.ones([n]), 0.2, { generator }));
    expect(new Set(y)).toEqual(new Set([0, 1.25]));
    expect(Math.abs(moments(y).mean - 1)).toBeLessThan((5 * 0.5) / Math.sqrt(n));
  });
});

test("dropout2d drops whole channels", async () => {
  const y = await read(ops.dropout2d(ops.ones([8, 8, 3, 3]), 0.5, { generator: new ops.Generator(4) }));
  const channels = Array.from({ length: 64 }, (_, c) => y.slice(9 * c, 9 * c + 9));
  expect(channels.every((channel) => new Set(channel).size === 1)).toBe(true);
  expect(new Set(y)).toEqual(new Set([0, 2]));
});

test("dropout with p = 0 and p = 1, and p out of range", async () => {
  const x = tensor([1, 2]);
  expect(ops.dropout(x, 0)).toBe(x);
  expect(await read(ops.dropout(x, 1))).toEqual([0, 0]);
  expect(() => ops.dropout(x, 1.5)).toThrow("[0, 1]");
});
