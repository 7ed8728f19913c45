import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/index.ts";
import { reference } from "../backend/reference/reference.ts";
import { compile } from "../compiler/compile.ts";
import { evaluate } from "../compiler/runtime.ts";
import { ShapeError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Variable } from "../core/variable.ts";
import { mul } from "../ops/arithmetic.ts";
import { sum } from "../ops/reduce.ts";
import { BatchNorm1d } from "./batch-norm1d.ts";
import { BatchNorm2d } from "./batch-norm2d.ts";

/** Two batches of [N, C, 1, L] with channel values that are easy to check by hand. */
const first = tensor([
  [[[1, 2]], [[10, 10]]],
  [[[3, 6]], [[10, 14]]],
]);
const second = tensor([
  [[[0, 0]], [[1, 1]]],
  [[[4, 4]], [[1, 5]]],
]);
const statistics = [
  { x: first, mean: [3, 11], variance: [14 / 3, 4] },
  { x: second, mean: [2, 2], variance: [16 / 3, 4] },
] as const;

async function valuesOf(variable: Variable | undefined): Promise<number[]> {
  const { value } = variable!;
  await evaluate([value], reference);
  return [...(await value.data())];
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
}

async function train(layer: BatchNorm2d): Promise<void> {
  const step = compile((x: Tensor) => layer.forward(x), { backend: reference });
  for (const { x } of statistics) await step(x);
}

describe("BatchNorm2d", () => {
  it("normalizes each channel by the batch's biased variance in training", async () => {
    const layer = new BatchNorm2d(2, { eps: 0 });
    const y = layer.forward(first);
    await evaluate([y], reference);
    const data = [...(await y.data())];
    const std = Math.sqrt(3.5);
    expectClose(data.slice(0, 4), [-2 / std, -1 / std, -1 / Math.sqrt(3), -1 / Math.sqrt(3)]);
  });

  it("follows the batches with momentum and the unbiased variance", async () => {
    const layer = new BatchNorm2d(2, { momentum: 0.25 });
    await train(layer);
    const follow = (start: number, key: "mean" | "variance", c: number) =>
      statistics.reduce((running, batch) => 0.75 * running + 0.25 * batch[key][c]!, start);
    expectClose(await valuesOf(layer.runningMean), [follow(0, "mean", 0), follow(0, "mean", 1)]);
    expectClose(await valuesOf(layer.runningVar), [follow(1, "variance", 0), follow(1, "variance", 1)]);
    expect(await valuesOf(layer.numBatchesTracked)).toEqual([2]);
  });

  it("averages over all batches when momentum is null", async () => {
    const layer = new BatchNorm2d(2, { momentum: null });
    await train(layer);
    expectClose(await valuesOf(layer.runningMean), [2.5, 6.5]);
    expectClose(await valuesOf(layer.runningVar), [5, 4]);
  });

  it("uses the running statistics in evaluation and leaves them alone; a compiled function notices", async () => {
    const layer = new BatchNorm2d(2);
    layer.loadStateDict(
      new Map([
        ["weight", { dtype: "float32", shape: [2], data: Float32Array.of(2, 1) }],
        ["bias", { dtype: "float32", shape: [2], data: Float32Array.of(0.5, 0) }],
        ["running_mean", { dtype: "float32", shape: [2], data: Float32Array.of(1, 10) }],
        ["running_var", { dtype: "float32", shape: [2], data: Float32Array.of(4, 1) }],
        ["num_batches_tracked", { dtype: "int64", shape: [], data: BigInt64Array.of(9n) }],
      ] as const),
    );
    const run = compile((x: Tensor) => layer.forward(x), { backend: reference });
    layer.eval();
    expectClose([...(await (await run(first)).data())].slice(0, 4), [0.5, 1.5, 0, 0]);
    expect(await valuesOf(layer.numBatchesTracked)).toEqual([9]);
    layer.train();
    await run(first);
    expect(await valuesOf(layer.numBatchesTracked)).toEqual([10]);
  });

  it("without running statistics normalizes by the batch in evaluation too", async () => {
    const layer = new BatchNorm2d(2, { trackRunningStats: false, affine: false });
    expect([...(await layer.stateDict()).keys()]).toEqual([]);
    const inTraining = layer.forward(first);
    const inUse = layer.eval().forward(first);
    await evaluate([inTraining, inUse], reference);
    expect(await inUse.data()).toEqual(await inTraining.data());
  });

  it("gives gradients and follows the batch in one compiled step", async () => {
    const layer = new BatchNorm2d(2);
    const step = compile(
      (x: Tensor) => {
        const loss = () => sum(mul(layer.forward(x), x));
        return [...valueAndGrad(loss, layer.parameters()).grads.values()];
      },
      { backend: reference },
    );
    const [weight, bias] = await step(first);
    // dbias = Σ x and dweight = Σ x̂ x = n σ² / √(σ² + eps).
    expectClose([...(await bias!.data())], [12, 44]);
    expectClose(
      [...(await weight!.data())],
      [3.5, 3].map((variance) => (4 * variance) / Math.sqrt(variance + 1e-5)),
    );
    expectClose(await valuesOf(layer.runningMean), [0.3, 1.1]);
  });

  it("has PyTorch's names in PyTorch's order", async () => {
    expect([...(await new BatchNorm1d(3).stateDict()).keys()]).toEqual([
      "weight",
      "bias",
      "running_mean",
      "running_var",
      "num_batches_tracked",
    ]);
  });

  it("refuses inputs of another layout", () => {
    expect(() => new BatchNorm2d(2).forward(tensor([[1, 2]]))).toThrow(
      "batchNorm2d: input must be [N, C, H, W], but has 2 axes",
    );
    expect(() => new BatchNorm2d(3).forward(first)).toThrow("input has 2 channels, not 3");
    expect(() => new BatchNorm2d(3).eval().forward(first)).toThrow(ShapeError);
    expect(() => new BatchNorm1d(0)).toThrow("BatchNorm1d: numFeatures must be a whole number");
  });
});
