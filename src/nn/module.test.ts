import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/index.ts";
import { reference } from "../backend/reference/reference.ts";
import { compile } from "../compiler/compile.ts";
import { ShapeError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { sum } from "../ops/reduce.ts";
import { withForwardObserver } from "./forward-calls.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

const vector = (...values: number[]): Tensor => tensor(Float32Array.from(values));

class Scale extends Module {
  readonly weight: Parameter = new Parameter(vector(1, 2));
  readonly runningMean: Variable = new Variable(vector(0, 0), { trainable: false });
  readonly numBatchesTracked: Variable = new Variable(tensor(0, { dtype: "int32" }), { trainable: false });

  override forward(x: Tensor): Tensor {
    if (x.shape.at(-1) !== 2)
      throw new ShapeError("scale", "input does not have 2 columns", { x: x.shape }, "…");
    return mul(x, this.weight);
  }

  protected override settings(): string {
    return "2";
  }
}

class Block extends Module {
  readonly conv1: Scale = new Scale();
  readonly downsample: Module[] = [new Scale()];

  override forward(x: Tensor): Tensor {
    return add(this.conv1.forward(x), this.downsample[0]!.forward(x));
  }
}

class Network extends Module {
  readonly layer1: Block[] = [new Block(), new Block()];
  readonly heads: { mainHead: Scale } = { mainHead: new Scale() };
  readonly parent: Module = this;
  readonly name: string = "network";

  override forward(x: Tensor): Tensor {
    for (const block of this.layer1) x = block.forward(x);
    return this.heads.mainHead.forward(x);
  }
}

class Tied extends Module {
  readonly encoder: Scale = new Scale();
  readonly weight: Parameter = this.encoder.weight;

  override forward(x: Tensor): Tensor {
    return mul(this.encoder.forward(x), this.weight);
  }
}

describe("the parts of a module", () => {
  it("are found by property path, in PyTorch's spelling", () => {
    const model = new Network();
    expect([...model.namedParameters().keys()]).toEqual([
      "layer1.0.conv1.weight",
      "layer1.0.downsample.0.weight",
      "layer1.1.conv1.weight",
      "layer1.1.downsample.0.weight",
      "heads.main_head.weight",
    ]);
    expect([...model.namedBuffers().keys()].slice(0, 2)).toEqual([
      "layer1.0.conv1.running_mean",
      "layer1.0.conv1.num_batches_tracked",
    ]);
    expect([...model.namedModules().keys()].slice(0, 4)).toEqual([
      "",
      "layer1.0",
      "layer1.0.conv1",
      "layer1.0.downsample.0",
    ]);
    expect(model.pathOf(model.layer1[1]!.conv1)).toBe("layer1.1.conv1");
    expect(model.pathOf(new Scale())).toBeUndefined();
  });

  it("count once when shared", () => {
    const model = new Tied();
    expect([...model.namedParameters().keys()]).toEqual(["encoder.weight"]);
    expect(model.parameters()).toHaveLength(1);
  });

  it("are printed as a tree", () => {
    expect(String(new Network())).toBe(
      [
        "Network(",
        "  (layer1.0): Block(",
        "    (conv1): Scale(2)",
        "    (downsample.0): Scale(2)",
        "  )",
        "  (layer1.1): Block(",
        "    (conv1): Scale(2)",
        "    (downsample.0): Scale(2)",
        "  )",
        "  (heads.main_head): Scale(2)",
        ")",
      ].join("\n"),
    );
  });
});

describe("a mistake in forward", () => {
  const wrong = tensor(new Float32Array(3), { shape: [1, 3] });

  it("names the layer, also below hand-written forwards", () => {
    const model = new Network();
    expect(() => model.forward(wrong)).toThrow(
      "layer1.0.conv1: scale: input does not have 2 columns\n  x:    [1, 3]\n  hint: …",
    );
    expect(() => new Scale().forward(wrong)).toThrow(/^scale:/);
  });

  it("names the layer that was called when one stands in two places", () => {
    const model = new Network();
    const shared = new Scale();
    Object.assign(model.layer1[0]!, { forward: (x: Tensor) => x });
    Object.assign(model.layer1[1]!, { conv1: shared });
    Object.assign(model.heads, { mainHead: shared });
    expect(() => model.forward(wrong)).toThrow(/^layer1\.1\.conv1: scale/);
  });

  it("leaves no trace in the next call", () => {
    const model = new Network();
    expect(() => model.forward(wrong)).toThrow();
    expect(() => new Scale().forward(wrong)).toThrow(/^scale:/);
  });
});

it("shows each call to an observer, inner calls first", () => {
  const model = new Network();
  const seen: string[] = [];
  const x = tensor(new Float32Array(2), { shape: [1, 2] });
  withForwardObserver(
    (module, inputs, output) => {
      expect(inputs[0]!.shape).toEqual(output.shape);
      seen.push(model.pathOf(module)!);
    },
    () => model.forward(x),
  );
  model.forward(x);
  expect(seen.slice(0, 3)).toEqual(["layer1.0.conv1", "layer1.0.downsample.0", "layer1.0"]);
  expect(seen.at(-1)).toBe("");
  expect(seen).toHaveLength(8);
});

it("may take more inputs than one", () => {
  class Sum extends Module {
    override forward(x: Tensor, skip: Tensor): Tensor {
      return add(x, skip);
    }
  }
  const seen: number[] = [];
  withForwardObserver(
    (_, inputs) => seen.push(inputs.length),
    () => new Sum().forward(vector(1), vector(2)),
  );
  expect(seen).toEqual([2]);
});

describe("modes", () => {
  it("reach every module inside, and shared or circular parts do no harm", () => {
    const model = new Network();
    expect(model.eval().layer1[1]!.conv1.training).toBe(false);
    expect(model.train().layer1[1]!.conv1.training).toBe(true);
  });

  it("freeze keeps parameters out of gradients, and compiled functions notice", async () => {
    const layer = new Scale();
    const gradients = compile(
      (x: Tensor) => [...valueAndGrad(() => sum(layer.forward(x)), layer.parameters()).grads.values()],
      { backend: reference },
    );
    const x = tensor([[3, 4]]);
    expect((await gradients(x)).map((g) => g.shape)).toEqual([[2]]);
    layer.freeze();
    expect(await gradients(x)).toEqual([]);
    layer.unfreeze();
    expect(await (await gradients(x))[0]!.data()).toEqual(Float32Array.of(3, 4));
  });

  it("train and eval are noticed by compiled functions", async () => {
    class Mode extends Module {
      override forward(x: Tensor): Tensor {
        return this.training ? mul(x, 10) : x;
      }
    }
    const layer = new Mode();
    const run = compile((x: Tensor) => layer.forward(x), { backend: reference });
    expect(await (await run(vector(1))).item()).toBe(10);
    layer.eval();
    expect(await (await run(vector(1))).item()).toBe(1);
    layer.train();
    expect(await (await run(vector(1))).item()).toBe(10);
  });
});
