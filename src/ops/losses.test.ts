import { describe, expect, test } from "vitest";
import { gradients } from "../autograd/gradients.ts";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { Draw } from "../core/draw.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as ops from "./index.ts";

async function read(t: Tensor): Promise<number[]> {
  await evaluate([t], reference);
  return [...(await t.data())];
}

function random(seed: number, shape: readonly number[], low = -3, high = 3): Tensor {
  const draw = new Draw(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: size }, () => draw.float(low, high)),
    { shape },
  );
}

const labels = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape });
const real = (...values: number[]): Tensor => tensor(Float64Array.from(values));

describe("crossEntropy of class indices", () => {
  const [n, c, d] = [3, 4, 2] as const;
  const logits = random(1, [n, c, d]);
  const target = [0, 3, -1, 2, 1, -1];
  const weight = [0.5, 1, 2, 0.25];

  /** The definition, written out: [loss, share in the mean] of each target. */
  async function byDefinition(smoothing: number): Promise<[number, number][]> {
    const z = await read(logits);
    return target.map((y, i) => {
      if (y < 0) return [0, 0];
      const line = weight.map((_, k) => z[(Math.floor(i / d) * c + k) * d + (i % d)]!);
      const total = Math.log(line.reduce((sum, v) => sum + Math.exp(v), 0));
      const spread = line.reduce((sum, v, k) => sum + weight[k]! * (total - v), 0);
      return [(1 - smoothing) * weight[y]! * (total - line[y]!) + (smoothing / c) * spread, weight[y]!];
    });
  }

  test.each([0, 0.3])(
    "with weights, an ignored index, positions and smoothing %s",
    async (labelSmoothing) => {
      const expected = await byDefinition(labelSmoothing);
      const sum = expected.reduce((total, [loss]) => total + loss, 0);
      const shares = expected.reduce((total, [, share]) => total + share, 0);
      const options = { weight: real(...weight), ignoreIndex: -1, labelSmoothing };
      const of = (reduction: ops.Reduction): Promise<number[]> =>
        read(ops.crossEntropy(logits, labels(target, [n, d]), { ...options, reduction }));
      expect((await of("mean"))[0]).toBeCloseTo(sum / shares, 12);
      expect((await of("sum"))[0]).toBeCloseTo(sum, 12);
      const each = await of("none");
      expected.forEach(([loss], i) => {
        expect(each[i]).toBeCloseTo(loss, 12);
      });
    },
  );

  test("equals nllLoss behind logSoftmax", async () => {
    const options = { weight: real(...weight), ignoreIndex: -1 };
    const y = labels(target, [n, d]);
    const behind = ops.nllLoss(ops.logSoftmax(logits, 1), y, options);
    expect((await read(behind))[0]).toBeCloseTo((await read(ops.crossEntropy(logits, y, options)))[0]!, 12);
  });

  test("takes a single sample without a batch axis", async () => {
    const loss = ops.crossEntropy(real(1, 2, 3), labels([2], []));
    expect((await read(loss))[0]).toBeCloseTo(Math.log(1 + Math.exp(-1) + Math.exp(-2)), 12);
  });

  test.each([4, -1, -100])("a class %s out of four raises an IndexError", async (bad) => {
    const y = labels([0, bad, 1]);
    const loss = ops.crossEntropy(random(2, [3, 4]), y, { ignoreIndex: 7 });
    await expect(read(loss)).rejects.toThrow(/index/);
    await expect(read(ops.oneHot(y, 4))).rejects.toThrow(/index/);
  });

  test("a gradient alone notices a class out of range too", async () => {
    const z = random(2, [2, 4]);
    const [gradient] = gradients(ops.crossEntropy(z, labels([0, 9])), [z]);
    await expect(read(gradient!)).rejects.toThrow(/index/);
  });

  test("a logit of −∞ at another class counts nothing", async () => {
    const z = tensor(Float64Array.of(1, Number.NEGATIVE_INFINITY, 2), { shape: [1, 3] });
    const loss = ops.crossEntropy(z, labels([2]));
    const [gradient] = gradients(loss, [z]);
    expect((await read(loss))[0]).toBeCloseTo(Math.log1p(Math.exp(-1)), 12);
    const p = 1 / (1 + Math.E);
    (await read(gradient!)).forEach((value, i) => {
      expect(value).toBeCloseTo([p, 0, -p][i]!, 12);
    });
  });

  test("is finite for logits far apart", async () => {
    const z = tensor(Float64Array.of(1e4, -1e4), { shape: [1, 2] });
    expect(await read(ops.crossEntropy(z, labels([1])))).toEqual([2e4]);
  });

  test("refuses targets of a wrong shape", () => {
    expect(() => ops.crossEntropy(random(1, [2, 3]), labels([0, 1, 2]))).toThrow("must have shape [2]");
  });
});

test("crossEntropy of probabilities that are one-hot equals that of indices", async () => {
  const z = random(3, [3, 5]);
  const y = labels([4, 0, 2]);
  const hot = ops.oneHot(y, 5, "float64");
  const options = { labelSmoothing: 0.2 };
  const [a] = await read(ops.crossEntropy(z, hot, options));
  expect(a).toBeCloseTo((await read(ops.crossEntropy(z, y, options)))[0]!, 12);
});

test("binaryCrossEntropyWithLogits equals the definition and stays finite", async () => {
  const x = [-2, 0.5, 3];
  const t = [1, 0.25, 0];
  const posWeight = 3;
  const expected = x.map((v, i) => {
    const p = 1 / (1 + Math.exp(-v));
    return -(posWeight * t[i]! * Math.log(p) + (1 - t[i]!) * Math.log(1 - p));
  });
  const options = { posWeight: real(posWeight), reduction: "none" } as const;
  const found = await read(ops.binaryCrossEntropyWithLogits(real(...x), real(...t), options));
  expected.forEach((loss, i) => {
    expect(found[i]).toBeCloseTo(loss, 12);
  });
  const far = ops.binaryCrossEntropyWithLogits(real(1e4, -1e4), real(0, 1), { reduction: "none" });
  expect(await read(far)).toEqual([1e4, 1e4]);
});

test("binaryCrossEntropy is finite, with its gradient, at probabilities 0 and 1", async () => {
  const p = real(0, 1, 0.5);
  const loss = ops.binaryCrossEntropy(p, real(1, 1, 0), { reduction: "none" });
  const [gradient] = gradients(ops.sum(loss), [p]);
  expect((await read(loss)).map(Math.abs)).toEqual([100, 0, Math.LN2]);
  expect(await read(gradient!)).toEqual([-1e12, 0, 2]);
});

test("regression losses", async () => {
  const [x, t] = [real(0, 1, -4), real(0.5, 1, 0)];
  const none = { reduction: "none" } as const;
  expect(await read(ops.mseLoss(x, t))).toEqual([16.25 / 3]);
  expect(await read(ops.l1Loss(x, t, { reduction: "sum" }))).toEqual([4.5]);
  expect(await read(ops.huberLoss(x, t, { ...none, delta: 2 }))).toEqual([0.125, 0, 6]);
  expect(await read(ops.smoothL1Loss(x, t, { ...none, beta: 2 }))).toEqual([0.0625, 0, 3]);
  expect(await read(ops.smoothL1Loss(x, t, { ...none, beta: 0 }))).toEqual([0.5, 0, 4]);
  expect(() => ops.mseLoss(real(1, 2), tensor(Float64Array.of(1, 2), { shape: [2, 1] }))).toThrow(
    "same shape",
  );
});
