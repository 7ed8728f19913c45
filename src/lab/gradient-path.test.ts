import { expect, test } from "vitest";
import { brightPixels, TinyNetwork } from "../../test/tiny-problem.ts";
import { HessianProduct } from "../analyze/curvature/hessian-product.ts";
import "../default-backend.ts";
import { walkDownhill } from "./gradient-path.ts";
import { firstBatches, shareOfConcavity } from "./surfaces.ts";

const context = {
  seed: 0,
  seeds: 1,
  quick: true,
  signal: new AbortController().signal,
  load: async () => ({ train: brightPixels(40), test: brightPixels(10, 2) }),
  progress: () => {},
};

test("looks ahead along the gradient to where it then goes", async () => {
  const { train } = await context.load();
  const options = { train, batchSize: 40, learningRate: 0.1, steps: 4 };
  const path = await walkDownhill(context, new TinyNetwork(0), options);
  expect(path.map(({ along }) => along.length)).toEqual([3, 3, 3, 3]);
  // All images are in every batch, so that a whole step ahead is where the next one starts.
  for (const [i, { along }] of path.slice(0, -1).entries())
    expect(along[1]).toBeCloseTo(path[i + 1]!.loss, 5);
  expect(path[3]!.loss).toBeLessThan(path[0]!.loss);
});

test("over short steps the gradient changes as the Hessian says: ‖H g‖ / ‖g‖", async () => {
  const { train } = await context.load();
  const model = new TinyNetwork(0);
  const batches = await firstBatches(train, 40, 40, context.signal);
  const product = new HessianProduct(model, batches, { statistics: "batch" });
  const flat = async (): Promise<number[]> =>
    (await Promise.all(model.parameters().map((parameter) => parameter.data()))).flatMap((each) => [...each]);
  const before = await flat();
  const other = new TinyNetwork(0);
  const options = { train, batchSize: 40, learningRate: 0.01, steps: 1, factors: [1] };
  const [step] = await walkDownhill(context, other, options);
  const moved = other.parameters();
  const after = (await Promise.all(moved.map((parameter) => parameter.data()))).flatMap((each) => [...each]);
  const g = Float32Array.from(before, (value, i) => (value - after[i]!) / 0.01);
  const bent = await product.apply(g);
  expect(step!.smoothness / (Math.hypot(...bent) / Math.hypot(...g))).toBeCloseTo(1, 1);
});

test("a bowl bends downwards nowhere, a saddle everywhere, a ridge on one side", () => {
  const surface = (f: (x: number, y: number) => number): number[] =>
    Array.from({ length: 49 }, (_, i) => f((i % 7) - 3, Math.floor(i / 7) - 3));
  expect(
    shareOfConcavity(
      surface((x, y) => x * x + y * y + x * y),
      7,
    ),
  ).toBe(0);
  expect(
    shareOfConcavity(
      surface((x, y) => x * x + y * y + 3 * x * y),
      7,
    ),
  ).toBe(1);
  expect(
    shareOfConcavity(
      surface((x) => (x < 0 ? -x * x : x * x)),
      7,
    ),
  ).toBeCloseTo(0.5, 0);
});
