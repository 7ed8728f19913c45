import { beforeEach, describe, expect, it } from "vitest";
import {
  constant,
  fansOf,
  gainOf,
  kaimingNormal,
  kaimingUniform,
  normal,
  orthogonal,
  truncNormal,
  uniform,
  xavierNormal,
  xavierUniform,
} from "./init.ts";
import { Parameter } from "./parameter.ts";
import { manualSeed } from "./random.ts";

beforeEach(() => manualSeed(7));

const make = (...shape: number[]): Parameter => Parameter.zeros(shape);

interface Statistics {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
}

async function statisticsOf(parameter: Parameter): Promise<Statistics> {
  const values = [...(await parameter.data())];
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  return { mean, std, min: Math.min(...values), max: Math.max(...values) };
}

/** Expects mean and deviation within 5 standard errors of n values. */
function expectMoments(found: Statistics, n: number, mean: number, std: number): void {
  expect(Math.abs(found.mean - mean)).toBeLessThan((5 * std) / Math.sqrt(n));
  expect(Math.abs(found.std / std - 1)).toBeLessThan(5 / Math.sqrt(n));
}

describe("initial values", () => {
  it.each<[string, (p: Parameter) => Parameter, number, number]>([
    ["uniform", (p) => uniform(p, -1, 3), 1, 4 / Math.sqrt(12)],
    ["normal", (p) => normal(p, 2, 0.5), 2, 0.5],
    ["xavierUniform", (p) => xavierUniform(p, 2), 0, 2 * Math.sqrt(2 / (50 * 9 + 40 * 9))],
    ["xavierNormal", (p) => xavierNormal(p), 0, Math.sqrt(2 / (50 * 9 + 40 * 9))],
    ["kaimingUniform", (p) => kaimingUniform(p), 0, Math.sqrt(2 / (40 * 9))],
    ["kaimingUniform a=√5", (p) => kaimingUniform(p, { a: Math.sqrt(5) }), 0, Math.sqrt(1 / 3 / (40 * 9))],
    ["kaimingNormal fanOut", (p) => kaimingNormal(p, { mode: "fanOut" }), 0, Math.sqrt(2 / (50 * 9))],
    ["kaimingNormal tanh", (p) => kaimingNormal(p, { nonlinearity: "tanh" }), 0, 5 / 3 / Math.sqrt(360)],
    // The variance of a standard normal number between -2 and 2 is 1 - 4φ(2)/(2Φ(2) - 1) = 0.7737.
    ["truncNormal", (p) => truncNormal(p, 0, 0.1, -0.2, 0.2), 0, 0.1 * Math.sqrt(0.77374)],
    ["truncNormal, almost flat", (p) => truncNormal(p, 0, 100, -1, 1), 0, 2 / Math.sqrt(12)],
  ])("%s have the distribution's mean and deviation", async (_, init, mean, std) => {
    const parameter = make(50, 40, 3, 3);
    expect(init(parameter)).toBe(parameter);
    expectMoments(await statisticsOf(parameter), 18_000, mean, std);
  });

  it("stay in their interval", async () => {
    const flat = await statisticsOf(uniform(make(5000), -0.25, 0.5));
    expect(flat.min).toBeGreaterThanOrEqual(-0.25);
    expect(flat.max).toBeLessThanOrEqual(0.5);
    const cut = await statisticsOf(truncNormal(make(5000), 0, 1, -0.5, 0.1));
    expect(cut.min).toBeGreaterThanOrEqual(-0.5);
    expect(cut.max).toBeLessThanOrEqual(Math.fround(0.1));
    expect(() => truncNormal(make(1), 3)).toThrow("the mean 3 must lie in [-2, 2]");
  });

  it.each([
    [4, 3, 3],
    [30, 2, 5],
    [6, 6],
  ])("orthogonal of [%s, %s, …] has orthonormal rows or columns", async (rows, ...rest) => {
    const parameter = orthogonal(make(rows, ...rest), 2);
    const columns = rest.reduce((a, b) => a * b, 1);
    const values = await parameter.data();
    const at = (i: number, k: number) =>
      rows <= columns ? values[i * columns + k]! : values[k * columns + i]!;
    for (let i = 0; i < Math.min(rows, columns); i++) {
      for (let j = 0; j <= i; j++) {
        let product = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) product += at(i, k) * at(j, k);
        expect(product).toBeCloseTo(i === j ? 4 : 0, 5);
      }
    }
  });

  it("are a function of seed and order of construction, not of the order of reading", async () => {
    const draw = () => [uniform(make(5)), normal(make(6))] as const;
    manualSeed(3);
    const [a, b] = draw();
    manualSeed(3);
    const [c, d] = draw();
    const last = await d.data();
    expect(await c.data()).toEqual(await a.data());
    expect(last).toEqual(await b.data());
    manualSeed(2 ** 40);
    expect(await draw()[0].data()).not.toEqual(await a.data());
    expect(() => manualSeed(-1)).toThrow("seed must be an integer");
  });

  it("constant fills", async () => {
    expect(await constant(make(2), 0.5).data()).toEqual(Float32Array.of(0.5, 0.5));
  });
});

it("fans and gains follow the papers", () => {
  expect(fansOf([8, 4, 3, 3])).toEqual({ fanIn: 36, fanOut: 72 });
  expect(() => fansOf([8])).toThrow("fewer than two axes");
  expect(gainOf("leakyRelu", Math.sqrt(5))).toBeCloseTo(Math.sqrt(1 / 3));
  expect(gainOf("selu")).toBe(0.75);
});
