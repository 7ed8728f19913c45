import { describe, expect, test } from "vitest";
import { Dataset } from "../dataset.ts";
import { Random } from "../random.ts";
import { betaVariate, logGammaVariate } from "../random-variates.ts";
import { type BatchMix, cutMix, type MixableBatch, mixUp, oneMixOf } from "./batch-mix.ts";

/** Image n of [2, 6, 5] is n everywhere, and its label is n. */
function numbered(samples: number): MixableBatch {
  return {
    images: Float32Array.from({ length: samples * 60 }, (_, i) => Math.floor(i / 60)),
    labels: Int32Array.from({ length: samples }, (_, i) => i),
    shape: [samples, 2, 6, 5],
  };
}

describe("mixUp", () => {
  test("is λ of a sample and 1 − λ of another, by a permutation", () => {
    for (let seed = 0; seed < 20; seed++) {
      const batch = numbered(7);
      const { labels, lambda } = mixUp(0.7)(batch, new Random(seed));
      expect([...labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
      for (let n = 0; n < 7; n++) {
        const expected = lambda * n + (1 - lambda) * labels[n]!;
        for (const value of batch.images.subarray(60 * n, 60 * (n + 1)))
          expect(value).toBeCloseTo(expected, 5);
      }
      expect([...batch.labels]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }
  });
});

describe("cutMix", () => {
  test("puts one rectangle of another sample into each, and λ is what is left", () => {
    for (let seed = 0; seed < 50; seed++) {
      const batch = numbered(4);
      const { labels, lambda } = cutMix(1)(batch, new Random(seed));
      for (let n = 0; n < 4; n++) {
        if (labels[n] === n) continue;
        const image = batch.images.subarray(60 * n, 60 * (n + 1));
        const kept = image.filter((value) => value === n).length;
        expect(image.filter((value) => value === labels[n]).length).toBe(60 - kept);
        expect(kept / 60).toBeCloseTo(lambda, 12);
        expect(image.subarray(30)).toEqual(image.subarray(0, 30));
      }
    }
  });

  test("refuses targets that are maps", () => {
    const batch = { ...numbered(2), labels: new Int32Array(60) };
    expect(() => cutMix(1)(batch, new Random(0))).toThrow("2 samples have 60 targets");
  });
});

test("oneMixOf takes each as often", () => {
  const named =
    (lambda: number): BatchMix =>
    () => ({ labels: new Int32Array(0), lambda });
  const mix = oneMixOf(named(0), named(1));
  const random = new Random(4);
  const ones = Array.from({ length: 1000 }, () => mix(numbered(1), random).lambda).filter(Boolean).length;
  expect(Math.abs(ones - 500)).toBeLessThan(80);
  expect(() => oneMixOf()).toThrow("nothing to choose from");
  expect(() => mixUp(0)).toThrow("alpha must be a positive number, but is 0");
});

describe("batches", () => {
  const dataset = Dataset.fromArrays({
    images: Uint8Array.from({ length: 40 }, (_, i) => 6 * i),
    labels: Int32Array.from({ length: 10 }, (_, i) => i),
    imageShape: [1, 2, 2],
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
  });

  test("are mixed by (seed, epoch, batch), wherever the epoch is begun", async () => {
    const collect = async (startBatch: number, epoch = 2): Promise<unknown[]> => {
      const list: unknown[] = [];
      const options = { shuffle: true, seed: 3, epoch, startBatch, mix: mixUp(0.4) };
      for await (const { images, labels, mix } of dataset.batches(3, options))
        list.push({ images, labels, mix });
      return list;
    };
    const whole = await collect(0);
    expect(whole).toHaveLength(4);
    for (let start = 0; start < 4; start++) expect(await collect(start)).toEqual(whole.slice(start));
    expect(await collect(0, 3)).not.toEqual(whole);
    const lambdas = whole.map((batch) => (batch as { mix: { lambda: number } }).mix.lambda);
    expect(new Set(lambdas).size).toBe(4);
  });

  test("have no second labels where nothing mixes them", async () => {
    for await (const batch of dataset.batches(10)) expect(batch.mix).toBeUndefined();
  });
});

describe("variates", () => {
  const draws = 40_000;
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const variance = (values: readonly number[]): number => {
    const centre = mean(values);
    return mean(values.map((value) => (value - centre) ** 2));
  };

  test.each([
    [0.2, 0.2],
    [1, 1],
    [2, 5],
    [0.5, 3],
  ])("of Beta(%f, %f) have its mean and its variance", (alpha, beta) => {
    const random = new Random(11);
    const values = Array.from({ length: draws }, () => betaVariate(random, alpha, beta));
    const total = alpha + beta;
    const expected = (alpha * beta) / (total ** 2 * (total + 1));
    // Five standard errors; the numbers are fixed by the seed. A square deviates by at most 1/4 of its bound.
    expect(Math.abs(mean(values) - alpha / total)).toBeLessThan(5 * Math.sqrt(expected / draws));
    expect(Math.abs(variance(values) - expected)).toBeLessThan(5 * Math.sqrt(expected / 4 / draws));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test("of Beta(1, 1) are even, and tiny shapes give no NaN", () => {
    const random = new Random(12);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < draws; i++) counts[Math.floor(10 * betaVariate(random, 1, 1))]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - draws / 10) ** 2 / (draws / 10), 0);
    expect(chiSquare).toBeLessThan(27.9); // 99.9 % of a χ² distribution with 9 degrees of freedom
    for (let i = 0; i < 1000; i++) expect(betaVariate(random, 1e-4, 1e-4)).not.toBeNaN();
  });

  test.each([0.3, 1, 4.5])("of the gamma distribution with shape %f have its mean and variance", (shape) => {
    const random = new Random(13);
    const values = Array.from({ length: draws }, () => Math.exp(logGammaVariate(random, shape)));
    expect(Math.abs(mean(values) - shape)).toBeLessThan(5 * Math.sqrt(shape / draws));
    // Var(s²) = (μ₄ − σ⁴)/n with μ₄ = 3k² + 6k
    expect(Math.abs(variance(values) - shape)).toBeLessThan(
      5 * Math.sqrt((2 * shape ** 2 + 6 * shape) / draws),
    );
  });
});
