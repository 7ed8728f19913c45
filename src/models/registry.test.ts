import { describe, expect, it } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { Tensor, tensor } from "../core/tensor.ts";
import { manualSeed } from "../nn/random.ts";
import { createModel, listModels, type ModelOptions } from "./index.ts";

/** Networks that the float64 reference computes in a moment. */
const small = listModels().filter(({ macs, task }) => macs < 5e6 && task === "classification");

it.each(small)("$name gives finite logits", async (entry) => {
  manualSeed(0);
  const shape = [2, ...entry.inputShape];
  const y = entry
    .create()
    .eval()
    .forward(tensor(new Float32Array(sizeOf(shape)).fill(0.5), { shape }));
  await evaluate([y], reference);
  expect([...(await y.data())].every(Number.isFinite)).toBe(true);
});

describe.each(listModels())("$name", (entry) => {
  const forward = (options: ModelOptions, [channels, ...size]: Shape) =>
    createModel(entry.name, options)
      .eval()
      .forward(Tensor.input({ shape: [2, channels!, ...size], dtype: "float32" })).shape;

  it("takes its own inputShape without options", () => {
    expect(forward({}, entry.inputShape).slice(0, 2)).toEqual([2, entry.numClasses]);
  });

  it("takes as many channels and gives as many classes as asked for", () => {
    const [channels, ...size] = entry.inputShape;
    const options = { numClasses: 7, inChannels: channels! + 1 };
    expect(forward(options, [channels! + 1, ...size]).slice(0, 2)).toEqual([2, 7]);
  });
});

describe("the registry", () => {
  it("lists names that match a pattern", () => {
    expect(listModels("resnet1?").map(({ name }) => name)).toEqual(["resnet18"]);
    expect(listModels("lenet?").map(({ name }) => name)).toEqual(["lenet5"]);
    expect(listModels("lenet")).toEqual([]);
    expect(listModels("[a-z]*")).toEqual([]);
  });

  it("names the models there are when asked for another", () => {
    expect(() => createModel("lenet")).toThrow('there is no model named "lenet"; there are lenet5');
  });

  it("makes equal networks from equal seeds", async () => {
    manualSeed(3);
    const first = await createModel("lenet5").stateDict();
    manualSeed(3);
    expect(await createModel("lenet5").stateDict()).toEqual(first);
    expect(await createModel("lenet5").stateDict()).not.toEqual(first);
  });
});
