import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import "../../index.ts";
import { Conv2d, Linear, Module, ReLU, Sequential } from "../../nn/index.ts";
import { globalAvgPool } from "../../ops/global-pool.ts";
import { concat, narrow } from "../../ops/movement.ts";
import { sum } from "../../ops/reduce.ts";
import { attribute } from "./attribute.ts";
import { faithfulness, randomMap } from "./faithfulness.ts";
import { sanityCheck } from "./sanity-check.ts";
import { subjectOf } from "./subject.ts";

/** Class 1 gets the sum over the upper left quarter of an image of 8 × 8, class 0 nothing. */
class Corner extends Module {
  override forward(x: Tensor): Tensor {
    const quarter = narrow(narrow(x, 2, 0, 4), 3, 0, 4);
    return concat([sum(quarter, [2, 3]), sum(narrow(quarter, 2, 0, 0), [2, 3])].reverse(), 1);
  }
}

const ones = tensor(new Float32Array(64).fill(0.25), { shape: [1, 8, 8] });
const quarterMap = Float32Array.from({ length: 64 }, (_, i) => Number(i % 8 < 4 && i < 32));
const logistic = (score: number): number => 1 / (1 + Math.exp(-score));

describe("faithfulness", () => {
  test("a map of what counts deletes it at once; its curve is the network's own", async () => {
    const subject = await subjectOf(new Corner(), ones, 1);
    const { deletion } = await faithfulness(subject, quarterMap, { steps: 16 });
    deletion.points.forEach(([share, probability], i) => {
      expect(share).toBeCloseTo(i / 16, 12);
      expect(probability).toBeCloseTo(logistic(Math.max(0, 4 - i)), 5);
    });
    const [, ...inner] = deletion.points.map(([, p], i) => (p + (deletion.points[i - 1]?.[1] ?? 0)) / 2 / 16);
    expect(deletion.auc).toBeCloseTo(
      inner.reduce((a, b) => a + b, 0),
      12,
    );
    const opposite = quarterMap.map((v) => -v);
    const random = await faithfulness(subject, randomMap(subject, 1), { steps: 16 });
    const worst = await faithfulness(subject, opposite, { steps: 16 });
    expect(random.deletion.auc).toBeGreaterThan(deletion.auc + 0.05);
    expect(worst.deletion.auc).toBeGreaterThan(random.deletion.auc + 0.05);
  });

  test("inserts what counts first, from a blurred image to the whole one", async () => {
    const image = tensor(Float32Array.from({ length: 64 }, (_, i) => Number(i % 8 < 4 && i < 32) - 0.5));
    const subject = await subjectOf(new Corner(), tensor(await image.data(), { shape: [1, 8, 8] }), 1);
    const good = await faithfulness(subject, quarterMap, { steps: 8, sigma: 3 });
    const bad = await faithfulness(
      subject,
      quarterMap.map((v) => -v),
      { steps: 8, sigma: 3 },
    );
    expect(good.insertion.points.at(-1)![1]).toBeCloseTo(subject.probability, 6);
    expect(good.insertion.points[0]![1]).toBeLessThan(subject.probability);
    expect(good.insertion.auc).toBeGreaterThan(bad.insertion.auc);
  });

  test("refuses maps of another size", async () => {
    const subject = await subjectOf(new Corner(), ones, 1);
    await expect(faithfulness(subject, [1, 2])).rejects.toThrow(
      "a map of 2 values is none of an image of 8 × 8",
    );
    await expect(faithfulness(subject, quarterMap, { steps: 0 })).rejects.toThrow(ArgumentError);
  });
});

class Small extends Module {
  readonly features = new Sequential(
    ...[new Conv2d(1, 8, 3, { padding: 1 }), new ReLU(), new Conv2d(8, 8, 3, { padding: 1 }), new ReLU()],
  );
  readonly fc = new Linear(8, 4);

  override forward(x: Tensor): Tensor {
    return this.fc.forward(globalAvgPool(this.features.forward(x)));
  }
}

describe("sanityCheck", () => {
  const image = tensor(
    Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * 0.9) + Math.cos(i * 0.13)),
    { shape: [1, 16, 16] },
  );

  test.each(["cascading", "independent"] as const)(
    "%s: from the output on, and puts the weights back",
    async (mode) => {
      const model = new Small();
      const state = await model.stateDict();
      const gradient = async (): Promise<Float32Array> =>
        (await attribute(model, image, "gradient", { class: 2 })).values;
      const before = await gradient();
      const { steps } = await sanityCheck(model, image, ["gradient", "grad-cam"], { class: 2, mode });
      expect(steps.map(({ layer, method }) => `${layer} ${method}`)).toEqual(
        ["fc", "features.2", "features.0"].flatMap((path) => [
          `${path}.weight gradient`,
          `${path}.weight grad-cam`,
        ]),
      );
      for (const step of steps) expect(step.structuralSimilarity).toBeLessThan(0.999);
      expect(await model.stateDict()).toEqual(state);
      expect(await gradient()).toEqual(before);
    },
  );

  test("a few layers at even distances, and the weights are put back when it is ended", async () => {
    const model = new Small();
    const state = await model.stateDict();
    const { steps } = await sanityCheck(model, image, ["gradient"], { most: 2 });
    expect(steps.map(({ layer }) => layer)).toEqual(["fc.weight", "features.0.weight"]);
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    const ended = sanityCheck(model, image, ["gradient"], { onProgress, signal: controller.signal });
    await expect(ended).rejects.toThrow("abort");
    expect(await model.stateDict()).toEqual(state);
  });
});
