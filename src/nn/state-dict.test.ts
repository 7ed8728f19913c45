import { describe, expect, it } from "vitest";
import { type Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import type { HostTensor } from "../io/host-tensor.ts";
import { BatchNorm2d } from "./batch-norm2d.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { StateDictError } from "./state-dict.ts";

class Layer extends Module {
  readonly weight: Parameter = new Parameter(tensor([[1, 2]]));
  readonly stepCount: Variable = new Variable(tensor(3, { dtype: "int32" }));

  override forward(x: Tensor): Tensor {
    return x;
  }
}

class Pair extends Module {
  readonly a: Layer = new Layer();
  readonly b: Layer = new Layer();
  readonly tied: Parameter = this.b.weight;

  override forward(x: Tensor): Tensor {
    return x;
  }
}

const float32 = (shape: number[], ...values: number[]): HostTensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});

describe("stateDict", () => {
  it("is a copy under PyTorch's names, each variable once", async () => {
    const model = new Pair();
    const state = await model.stateDict();
    expect([...state.keys()]).toEqual(["a.weight", "a.step_count", "b.weight", "b.step_count"]);
    expect(state.get("a.step_count")).toEqual({ dtype: "int32", shape: [], data: Int32Array.of(3) });
    (state.get("a.weight")!.data as Float32Array)[0] = 99;
    expect(await model.a.weight.data()).toEqual(Float32Array.of(1, 2));
  });

  it("comes back through loadStateDict", async () => {
    const source = new Pair();
    source.b.weight.assign(Float32Array.of(7, 8));
    source.a.stepCount.assign(5);
    const target = new Pair();
    expect(target.loadStateDict(await source.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(await target.tied.data()).toEqual(Float32Array.of(7, 8));
    expect(await target.a.stepCount.data()).toEqual(Int32Array.of(5));
  });
});

describe("loadStateDict", () => {
  it("names all that does not fit in one error, and changes nothing", async () => {
    const model = new Pair();
    const state = await model.stateDict();
    state.delete("a.step_count");
    state.set("head.bias", float32([1], 0));
    state.set("a.weight", float32([1, 2], 5, 5));
    state.set("b.weight", float32([2, 1], 5, 5));
    state.set("b.step_count", float32([], 1.5));
    let error: unknown;
    try {
      model.loadStateDict(state);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StateDictError);
    expect((error as Error).message).toBe(
      [
        "loadStateDict: 4 names do not fit the module; nothing was loaded",
        "  missing:    a.step_count",
        "  unexpected: head.bias",
        "  mismatch:   b.weight is [1, 2] in the module, but [2, 1] in the state",
        "  mismatch:   b.step_count is int32, which does not hold all of the state's float32",
      ].join("\n"),
    );
    expect(await model.a.weight.data()).toEqual(Float32Array.of(1, 2));
  });

  it("without strict reports the names that are not shared, but still refuses other shapes", async () => {
    const model = new Pair();
    const state = new Map([
      ["a.weight", float32([1, 2], 5, 6)],
      ["other", float32([1], 0)],
    ]);
    expect(model.loadStateDict(state, { strict: false })).toEqual({
      missing: ["a.step_count", "b.weight", "b.step_count"],
      unexpected: ["other"],
    });
    expect(await model.a.weight.data()).toEqual(Float32Array.of(5, 6));
    state.set("a.weight", float32([2], 5, 6));
    expect(() => model.loadStateDict(state, { strict: false })).toThrow(StateDictError);
  });

  it("does without the batch counters that old files lack", async () => {
    const layer = new BatchNorm2d(2);
    layer.numBatchesTracked!.assign(4);
    const state = await new BatchNorm2d(2).stateDict();
    state.delete("num_batches_tracked");
    expect(layer.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(await layer.numBatchesTracked!.data()).toEqual(Int32Array.of(4));
    state.delete("running_var");
    expect(() => layer.loadStateDict(state)).toThrow("missing:    running_var");
  });

  it("takes a shared variable's value from any of its names", async () => {
    const model = new Pair();
    const state = await model.stateDict();
    state.delete("b.weight");
    state.set("tied", float32([1, 2], 3, 4));
    model.loadStateDict(state);
    expect(await model.b.weight.data()).toEqual(Float32Array.of(3, 4));
  });

  it("converts the element types that files hold", async () => {
    const layer = new Layer();
    layer.loadStateDict(
      new Map<string, HostTensor>([
        ["weight", { dtype: "float16", shape: [1, 2], data: Uint16Array.of(0x3c00, 0xc000) }],
        ["step_count", { dtype: "int64", shape: [], data: BigInt64Array.of(12n) }],
      ]),
    );
    expect(await layer.weight.data()).toEqual(Float32Array.of(1, -2));
    expect(await layer.stepCount.data()).toEqual(Int32Array.of(12));
    const huge: HostTensor = { dtype: "int64", shape: [], data: BigInt64Array.of(2n ** 40n) };
    expect(() => layer.loadStateDict(new Map([["step_count", huge]]), { strict: false })).toThrow(
      "step_count is int32, which does not hold all of the state's int64",
    );
  });
});
