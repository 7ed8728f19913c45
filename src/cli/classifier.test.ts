import { describe, expect, test } from "vitest";
import "../index.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { Sequential } from "../nn/sequential.ts";
import { Classifier, probabilitiesOf } from "./classifier.ts";

describe("probabilitiesOf", () => {
  test("is the softmax of scores, however large", () => {
    const [a, b] = probabilitiesOf([1000, 1001]);
    expect(b).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
    expect(a! + b!).toBeCloseTo(1, 12);
  });

  test("keeps what is probabilities already, but no scores of the same sum", () => {
    expect([...probabilitiesOf([0.25, 0, 0.751])]).toEqual([0.25, 0, 0.751]);
    expect(probabilitiesOf([2, -1])[0]).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
  });
});

describe("Classifier", () => {
  test("takes outputs with trailing ones, and refuses what is no classifier", async () => {
    const images = new Float32Array(2 * 4).fill(1);
    const pixelwise = new Sequential([1, 2, 2], new Conv2d(1, 3, 2));
    const ranked = await new Classifier(pixelwise).rank(images, [2, 1, 2, 2]);
    expect(ranked.map((classes) => classes.length)).toEqual([3, 3]);
    expect(ranked[0]!.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const dense = new Sequential([1, 2, 2], new Conv2d(1, 3, 1));
    await expect(new Classifier(dense).rank(images, [2, 1, 2, 2])).rejects.toThrow(
      "the network is no classifier: of [2, 1, 2, 2] it makes [2, 3, 2, 2]",
    );
  });

  test("ranks classes from the most to the least probable", async () => {
    const linear = new Linear(4, 3);
    linear.loadStateDict(
      new Map([
        [
          "weight",
          { dtype: "float32", shape: [3, 4], data: Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1, -1, 0, 0, 0) },
        ],
        ["bias", { dtype: "float32", shape: [3], data: new Float32Array(3) }],
      ]),
    );
    const model = new Sequential([1, 2, 2], new Flatten(), linear);
    const [first] = await new Classifier(model).rank(Float32Array.of(1, 1, 1, 1), [1, 1, 2, 2]);
    expect(first!.map(({ index }) => index)).toEqual([1, 0, 2]);
    const total = Math.exp(4) + 1 + Math.exp(-1);
    expect(first![0]!.probability).toBeCloseTo(Math.exp(4) / total, 6);
  });
});
