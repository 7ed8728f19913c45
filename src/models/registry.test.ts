import { describe, expect, it } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { sizeOf } from "../core/shape.ts";
import { tensor } from "../core/tensor.ts";
import { manualSeed } from "../nn/random.ts";
import { createModel, listModels } from "./index.ts";

describe.each(listModels())("$name", (entry) => {
  it("gives finite logits of its own shape, and as many classes as asked for", async () => {
    manualSeed(0);
    const [channels, ...size] = entry.inputShape;
    const model = entry.create({ numClasses: 7, inChannels: channels! + 1 }).eval();
    const shape = [2, channels! + 1, ...size];
    const y = model.forward(tensor(new Float32Array(sizeOf(shape)).fill(0.5), { shape }));
    expect(y.shape).toEqual([2, 7]);
    await evaluate([y], reference);
    expect([...(await y.data())].every(Number.isFinite)).toBe(true);
  });

  it("takes its own inputShape without options", () => {
    const shape = [1, ...entry.inputShape];
    const model = createModel(entry.name);
    expect(model.eval().forward(tensor(new Float32Array(sizeOf(shape)), { shape })).shape).toEqual([1, 10]);
  });
});

it.each([
  // The paper's figure 2 with padding and full connection: 156 + 2,416 + 48,120 + 10,164 + 850.
  ["lenet5", 61_706],
  // 784 · 300 + 300 + 300 · 10 + 10
  ["mlp", 238_510],
  // 9 · (1 · 16 + 16 · 32 + 32 · 64) + 2 · (16 + 32 + 64) + 64 · 10 + 10
  ["batch-norm-net", 24_058],
])("%s has %i parameters", (name, count) => {
  const sizes = createModel(name)
    .parameters()
    .map((parameter) => sizeOf(parameter.shape));
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(count);
});

describe("the registry", () => {
  it("lists names that match a pattern", () => {
    expect(listModels("*net*").map(({ name }) => name)).toEqual(["batch-norm-net", "lenet5"]);
    expect(listModels("lenet?").map(({ name }) => name)).toEqual(["lenet5"]);
    expect(listModels("lenet")).toEqual([]);
    expect(listModels("[a-z]*")).toEqual([]);
  });

  it("names the models there are when asked for another", () => {
    expect(() => createModel("lenet")).toThrow('there is no model named "lenet"; there are lenet5, ');
  });

  it("makes equal networks from equal seeds", async () => {
    manualSeed(3);
    const first = await createModel("lenet5").stateDict();
    manualSeed(3);
    expect(await createModel("lenet5").stateDict()).toEqual(first);
    expect(await createModel("lenet5").stateDict()).not.toEqual(first);
  });
});
