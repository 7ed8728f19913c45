import fc from "fast-check";
import { expect, test } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { setBackend } from "../compiler/runtime.ts";
import { tensor } from "../core/tensor.ts";
import { ConfusionMatrix } from "./confusion-matrix.ts";
import { accuracy, topK } from "./metrics.ts";

setBackend(reference);

/** Logits from few values, so that ties are common, and now and then NaN. */
const batches = fc
  .record({ classes: fc.integer({ min: 1, max: 6 }), samples: fc.integer({ min: 1, max: 8 }) })
  .chain(({ classes, samples }) =>
    fc.record({
      logits: fc.array(
        fc.array(fc.constantFrom(-1, 0, 0.5, 2, Number.NaN), { minLength: classes, maxLength: classes }),
        { minLength: samples, maxLength: samples },
      ),
      labels: fc.array(fc.nat(classes - 1), { minLength: samples, maxLength: samples }),
    }),
  );

/** Classes ordered by logit, NaN first, equal ones by number. */
function ranking(logits: readonly number[]): number[] {
  const key = (c: number): number => (Number.isNaN(logits[c]) ? Number.POSITIVE_INFINITY : logits[c]!);
  return logits.map((_, c) => c).sort((a, b) => (key(a) === key(b) ? a - b : key(b) - key(a)));
}

test("accuracy and top-k equal naive counts", async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.integer({ min: 1, max: 5 }), async ({ logits, labels }, k) => {
      const [x, y] = [tensor(logits), tensor(Int32Array.from(labels))];
      const best = logits.map((row) => ranking(row));
      const found = (count: number): number =>
        best.filter((order, i) => {
          const label = labels[i]!;
          return order.slice(0, count).includes(label) && (count === 1 || !Number.isNaN(logits[i]![label]));
        }).length;
      expect(await accuracy().total(x, y).item()).toBe(found(1));
      const withoutNaN = logits.every((row) => !row.some(Number.isNaN));
      if (withoutNaN) expect(await topK(k).total(x, y).item()).toBe(found(k));
      else expect(await topK(1).total(x, y).item()).toBeLessThanOrEqual(labels.length);
    }),
    { numRuns: 100 },
  );
});

test("a logit of NaN is never among the first k", async () => {
  const logits = tensor([[Number.NaN, 1, 0]]);
  expect(
    await topK(2)
      .total(logits, tensor(Int32Array.of(0)))
      .item(),
  ).toBe(0);
  expect(
    await topK(1)
      .total(logits, tensor(Int32Array.of(1)))
      .item(),
  ).toBe(0);
  expect(
    await topK(2)
      .total(logits, tensor(Int32Array.of(1)))
      .item(),
  ).toBe(1);
});

test("targets may have axes of their own, as in segmentation", async () => {
  const logits = tensor([[[[1, 0]], [[0, 1]], [[0.5, 2]]]]);
  const labels = tensor(Int32Array.of(0, 1), { shape: [1, 1, 2] });
  expect(await accuracy().total(logits, labels).item()).toBe(1);
  expect(await topK(2).total(logits, labels).item()).toBe(2);
});

test("logits and labels that do not belong together are refused", () => {
  expect(() => accuracy().total(tensor([1, 2]), tensor(Int32Array.of(0, 1)))).toThrow(
    "accuracy: logits must",
  );
  expect(() => topK(1).total(tensor([[1, 2]]), tensor(Int32Array.of(0, 1)))).toThrow("labels: [2]");
  expect(() => topK(0)).toThrow("k must be a positive integer, but is 0");
});

test("the confusion matrix and its shares equal naive counts", () => {
  const pairs = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 40 });
  fc.assert(
    fc.property(pairs, pairs, (first, second) => {
      const matrix = new ConfusionMatrix(4);
      for (const batch of [first, second]) {
        matrix.add(
          batch.map(([target]) => target),
          batch.map(([, prediction]) => prediction),
        );
      }
      const all = [...first, ...second];
      const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
      const right = (c: number): number => all.filter(([t, p]) => t === c && p === c).length;
      expect(matrix.total).toBe(all.length);
      expect(matrix.accuracy).toBe(share(all.filter(([t, p]) => t === p).length, all.length));
      for (let c = 0; c < 4; c++) {
        const precision = share(right(c), all.filter(([, p]) => p === c).length);
        const recall = share(right(c), all.filter(([t]) => t === c).length);
        expect(matrix.precision(c)).toBe(precision);
        expect(matrix.recall(c)).toBe(recall);
        expect(matrix.f1(c)).toBeCloseTo(share(2 * precision * recall, precision + recall), 12);
        for (let d = 0; d < 4; d++) {
          expect(matrix.count(c, d)).toBe(all.filter(([t, p]) => t === c && p === d).length);
        }
      }
      expect(matrix.macroF1).toBeCloseTo([0, 1, 2, 3].reduce((sum, c) => sum + matrix.f1(c), 0) / 4, 12);
    }),
  );
  expect(() => new ConfusionMatrix(2).add([2], [0])).toThrow("there is no class 2 among 2");
});
