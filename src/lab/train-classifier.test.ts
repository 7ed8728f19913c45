import { describe, expect, test } from "vitest";
import "../default-backend.ts";
import { brightPixels, TinyNetwork } from "../../test/tiny-problem.ts";
import { Adam } from "../train/optimizers/adam.ts";
import { type LabContext, part } from "./experiment.ts";
import { measureOverSeeds } from "./over-seeds.ts";
import { median, percent, statistics } from "./statistics.ts";
import { trainClassifier } from "./train-classifier.ts";

interface Told {
  readonly text: string;
  readonly share: number;
}

function contextOf(told: Told[] = [], signal = new AbortController().signal): LabContext {
  return {
    seed: 5,
    seeds: 3,
    quick: true,
    signal,
    load: async () => ({ train: brightPixels(90), test: brightPixels(40, 2) }),
    progress: (text, done = 0, total = 1) => told.push({ text, share: done / total }),
  };
}

const optimizer = (): Adam => new Adam({ lr: 0.02 });
const create = (): TinyNetwork => new TinyNetwork(0);

describe("trainClassifier", () => {
  test("makes as many updates as the recipe says, of any number of images", async () => {
    const { train, test: judged } = await contextOf().load("mnist");
    const told: Told[] = [];
    const recipe = { train, test: judged, steps: 150, batchSize: 16, optimizer };
    const { steps, losses, parameters, test } = await trainClassifier(contextOf(told), create, recipe);
    expect([steps, losses.length, parameters]).toEqual([150, 15, 92]);
    expect(test.accuracy).toBeGreaterThan(0.9);
    expect(losses.at(-1)![1]).toBeLessThan(losses[0]![1]);
    expect(told.map(({ share }) => share)).toEqual(losses.map(([step]) => step / 150));
  });

  test("judges every epoch for a curve", async () => {
    const { train, test: judged } = await contextOf().load("mnist");
    const { history, test } = await trainClassifier(contextOf(), create, {
      train,
      test: judged,
      epochs: 3,
      curve: true,
    });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(history.at(-1)!.evaluation!["accuracy"]).toBe(test.accuracy);
  });

  test("ends with the signal's reason", async () => {
    const controller = new AbortController();
    const { train, test: judged } = await contextOf().load("mnist");
    const context = {
      ...contextOf([], controller.signal),
      progress: () => controller.abort(new Error("enough")),
    };
    const trained = trainClassifier(context, create, { train, test: judged, steps: 1000 });
    await expect(trained).rejects.toThrow("enough");
  });

  test("wants epochs or steps", async () => {
    const { train, test: judged } = await contextOf().load("mnist");
    await expect(trainClassifier(contextOf(), create, { train, test: judged })).rejects.toThrow(
      "either epochs or steps",
    );
  });
});

test("parts tell their progress as parts of the whole", () => {
  const told: Told[] = [];
  const outer = part(contextOf(told), "second", 1, 2);
  part(outer, "inner", 3, 4).progress("", 1, 2);
  expect(told).toEqual([
    { text: "second", share: 0.5 },
    { text: "second: inner", share: 0.875 },
    { text: "second: inner", share: 0.9375 },
  ]);
});

test("what chance decides is measured over the seeds", async () => {
  const { values, mean, std } = await measureOverSeeds(contextOf(), async ({ seed }) => seed);
  expect([values, mean, std]).toEqual([[5, 6, 7], 6, 1]);
});

test("statistics of a few values", () => {
  expect(statistics([4]).std).toBe(0);
  expect(statistics([2, 4, 4, 4, 5, 5, 7, 9]).std).toBeCloseTo(Math.sqrt(32 / 7), 12);
  expect(percent(statistics([0.97, 0.99]))).toBe("98.00 ± 1.41 %");
  expect(percent(statistics([0.5]), 0)).toBe("50 %");
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});
