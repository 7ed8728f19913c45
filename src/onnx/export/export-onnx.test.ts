import { describe, expect, test } from "vitest";
import { expectSameInRuntime, randomize } from "../../../test/onnx-networks.ts";
import { runOnnx } from "../../../test/onnx-runtime.ts";
import { expectSound, extents } from "../../../test/onnx-structure.ts";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import { apply, defineForeignOp, type TensorSpec } from "../../core/op.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import { concatBytes } from "../../io/byte-reader.ts";
import "../../index.ts";
import { lengthOf } from "../../io/protobuf/encode-message.ts";
import * as nn from "../../nn/index.ts";
import * as ops from "../../ops/index.ts";
import { decodeMessage } from "../format/codec.ts";
import type { GraphProto, ModelProto } from "../format/messages.ts";
import { exportOnnx, exportOnnxFiles, type OnnxOptions } from "./export-onnx.ts";
import type { Exportable, InputSpec } from "./trace-network.ts";

async function modelOf(
  network: Exportable,
  inputs: InputSpec | readonly InputSpec[],
  options: OnnxOptions = {},
): Promise<ModelProto & { graph: GraphProto }> {
  const model = decodeMessage("Model", await exportOnnx(network, inputs, options), "model");
  return { ...model, graph: model.graph! };
}

/** Two branches that share a stem, every kind of leaf, and a channel's attention. */
class Branching extends nn.Module {
  readonly stem = new nn.Conv2d(3, 4, 3, { padding: 1 });
  readonly norm = new nn.BatchNorm2d(4);
  readonly branches = [
    new nn.Conv2d(4, 4, 1, { bias: false }),
    new nn.Sequential(this.stemTwin(), new nn.GELU()),
  ];
  readonly classifier = new nn.Linear(4, 5);
  readonly #offset = tensor([0.5, -1, 2, 0.25]);

  stemTwin(): nn.Module {
    return new nn.Conv2d(4, 4, 3, { padding: 1, groups: 4 });
  }

  override forward(x: Tensor): Tensor {
    const stem = ops.relu(this.norm.forward(this.stem.forward(x)));
    const [a, b] = this.branches.map((branch) => branch.forward(stem));
    const gate = ops.sigmoid(ops.mean(stem, [2, 3], { keepDims: true }));
    const joined = ops.mul(ops.concat([a!, b!], 1), ops.concat([gate, gate], 1));
    const halves = [0, 1].map((i) => ops.narrow(joined, 1, 4 * i, 4 * i + 4));
    const pooled = ops.mean(ops.sub(halves[0]!, halves[1]!), [2, 3]);
    return this.classifier.forward(ops.add(pooled, this.#offset));
  }
}

describe("an exported model", () => {
  test("states its versions, its producer and what it is told", async () => {
    const model = await modelOf(new nn.ReLU(), [2], { metadata: { classes: "cat, dog" } });
    expect(model).toMatchObject({
      irVersion: 10,
      producerName: "fovea",
      opsetImports: [{ domain: "", version: 21 }],
      metadata: [{ key: "classes", value: "cat, dog" }],
    });
  });

  test("has parameters and statistics by their paths, and values with shapes", async () => {
    const { graph } = await modelOf(new Branching(), [2, 3, 6, 6]);
    expectSound(graph);
    const names = graph.initializers.map(({ name }) => name!);
    expect(names).toEqual(expect.arrayContaining([...new Branching().namedParameters().keys()]));
    expect(names).toEqual(expect.arrayContaining(["norm.running_mean", "norm.running_var"]));
    expect(names).not.toContain("norm.num_batches_tracked");
    expect(names.filter((name) => name.startsWith("constant")).length).toBeGreaterThan(0);
    const shapes = extents(graph);
    expect([shapes["input"], shapes["output"], shapes["stem/Conv"]]).toEqual([
      [2, 3, 6, 6],
      [2, 5],
      [2, 4, 6, 6],
    ]);
    const described = new Set(Object.keys(shapes));
    expect(graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => !described.has(name))).toEqual([]);
  });

  test("computes what the network does, at any size of the batch", async () => {
    const model = new Branching();
    randomize(model, 1);
    await expectSameInRuntime(model, [{ shape: [2, 3, 6, 6] }]);
    await expectSameInRuntime(model, [{ shape: [2, 3, 6, 6] }], { dynamicBatch: true, batch: 5 });
    const { graph } = await modelOf(model, [2, 3, 6, 6], { dynamicBatch: true });
    expectSound(graph);
    expect(extents(graph)).toMatchObject({
      input: ["batch", 3, 6, 6],
      output: ["batch", 5],
      "stem/Conv": ["batch", 4, 6, 6],
    });
  });

  test.each([18, 19, 20, 21, 22, 23])("of opset %i computes the same", async (opset) => {
    const model = new nn.Sequential(
      new nn.CircularPad2d(1),
      new nn.GroupNorm(2, 4),
      new nn.GELU(),
      new nn.Mish(),
      new nn.Upsample(2, { mode: "bilinear" }),
      new nn.AdaptiveMaxPool2d(3),
      new nn.Flatten(),
    );
    await expectSameInRuntime(model, [{ shape: [2, 4, 5, 5] }], { opset });
  });

  test("leaves the modes of a network as they were", async () => {
    const model = new nn.Sequential(new nn.Dropout(), new nn.BatchNorm1d(3).eval(), new nn.ReLU());
    const { graph } = await modelOf(model, [2, 3]);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(["BatchNormalization", "Relu"]);
    await exportOnnx(model, [2, 3], { dynamicBatch: true });
    expect(model.layers.map((layer) => (layer as nn.Module).training)).toEqual([true, false, true]);
  });

  test("has the values of its variables, not those that come later", async () => {
    const layer = new nn.Linear(300, 2);
    const before = await layer.weight.data();
    const files = await exportOnnxFiles(layer, [1, 300], "data");
    layer.weight.assign(new Float32Array(600));
    expect(new Float32Array(concatBytes(files.data).buffer)).toEqual(before);
  });
});

describe("a function", () => {
  const encoder = new nn.Linear(3, 2);
  const head = new nn.Linear(2, 2);

  test("has several inputs and outputs, and parameters of its modules", async () => {
    const network = (a: Tensor, b: Tensor) => {
      const code = encoder.forward(ops.concat([a, b], 1));
      return { code, logits: head.forward(ops.relu(code)), largest: ops.argmax(code, 1) };
    };
    const { graph } = await modelOf(network, [{ shape: [2, 1], name: "left" }, [2, 2]], {
      modules: { encoder, head },
    });
    expectSound(graph);
    expect(graph.inputs.map(({ name }) => name)).toEqual(["left", "input_1"]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(["code", "logits", "largest"]);
    expect(graph.initializers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["encoder.weight", "encoder.bias", "head.weight", "head.bias"]),
    );
    await expectSameInRuntime(network, [{ shape: [2, 1] }, { shape: [2, 2] }]);
    await expectSameInRuntime(network, [{ shape: [2, 1] }, { shape: [2, 2] }], {
      dynamicBatch: true,
      batch: 4,
    });
  });

  test("may give its inputs, one result twice, variables and fixed values", async () => {
    const variable = new Variable(tensor([1, 2]));
    const fixed = tensor([3, 4]);
    const network = (x: Tensor) => {
      const y = ops.relu(x);
      return [x, y, y, variable.value, fixed, ops.floor(ops.cast(y, "int32"))];
    };
    expectSound((await modelOf(network, [2])).graph);
    await expectSameInRuntime(network, [{ shape: [2] }]);
  });

  test("computes with whole numbers and bools", async () => {
    const network = (i: Tensor, u: Tensor, b: Tensor) => [
      ...[ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum].flatMap((op) => [
        op(i, 3),
        op(u, u),
        op(i, u),
      ]),
      ...[ops.equal, ops.notEqual, ops.less, ops.lessEqual].flatMap((op) => [op(i, u), op(u, u), op(b, b)]),
      ...[ops.neg, ops.abs, ops.sign, ops.floor].map((op) => op(i)),
      ...[i, u, b].flatMap((x) => [ops.sum(x, 0), ops.max(x, 1), ops.min(x, [0, 1]), ops.argmax(x)]),
      ...[i, u, b].flatMap((x) => [ops.cast(x, "float32"), ops.cast(x, "bool"), ops.cast(x, "int32")]),
      ...[i, u, b].map((x) => ops.where(b, x, ops.flip(x, 0))),
      ...[i, u, b].map((x) => ops.concat([ops.expand(ops.narrow(x, 0, 0, 1), [4, 3]), x], 0)),
      ops.cast(ops.sub(ops.cast(i, "float32"), 0.5), "int32"),
      ops.cast(ops.add(ops.cast(u, "float32"), 300.5), "uint8"),
      ops.div(i, 4),
      ops.logicalOr(b, ops.less(i, 0)),
      ops.oneHot(u, 9),
      ops.iota(4),
      ops.full([2, 2], 7, "uint8"),
      ops.topk(i, 2).indices,
    ];
    const shape = [2, 3];
    await expectSameInRuntime(network, [
      { shape, dtype: "int32", range: [-9, 9] },
      { shape, dtype: "uint8", range: [0, 9] },
      { shape, dtype: "bool", range: [0, 2] },
    ]);
  });

  test("may look up, scatter and unpool", async () => {
    const network = (x: Tensor) => {
      const { output, indices } = ops.maxPool2dWithIndices(x, 3, { stride: 2, padding: 1 });
      const { values, indices: best } = ops.topk(x, 3);
      return [
        output,
        indices,
        ops.maxUnpool2d(output, indices, 3, { stride: 2, padding: 1, outputSize: [6, 6] }),
        values,
        ops.gather(x, best, -1),
        ops.take(x, [5, 0, 0], 2),
        ops.take(x, [1, 0], 1),
      ];
    };
    await expectSameInRuntime(network, [{ shape: [2, 3, 6, 6] }]);
    await expectSameInRuntime(network, [{ shape: [2, 3, 6, 6] }], { dynamicBatch: true, batch: 3 });
  });

  test("may use the batch's size in shapes", async () => {
    const token = tensor([1, 2, 3], { shape: [1, 1, 3] });
    const network = (x: Tensor) => {
      const [batch] = x.shape as [number];
      const tokens = ops.concat([ops.expand(token, [batch, 1, 3]), x], 1);
      const rows = ops.reshape(tokens, [3 * batch, 3]);
      const turned = ops.permute(ops.reshape(rows, [batch, 3, 3]), [1, 0, 2]);
      return [
        tokens,
        rows,
        turned,
        ops.mean(x, 0),
        ops.add(ops.iota(batch), ops.full([batch], 2, "int32")),
        ops.expand(ops.full([1, 1], 0.5), [batch, 2]),
        ops.flip(x, 1),
        ops.padConstant(x, { low: [0, 1, 0], high: [0, 0, 1], interior: [0, 1, 2], value: 3 }),
      ];
    };
    await expectSameInRuntime(network, [{ shape: [1, 2, 3] }], { dynamicBatch: true, batch: 4 });
    const { graph } = await modelOf(network, [1, 2, 3], { dynamicBatch: true });
    expectSound(graph);
    expect(extents(graph)["output_1"]).toEqual(["3*batch", 3]);
  });
});

describe("files", () => {
  const model = new nn.Sequential(new nn.Linear(40, 30), new nn.ReLU(), new nn.Linear(30, 2));

  test("keep large weights beside the model", async () => {
    const files = await exportOnnxFiles(model, [1, 40], "weights.bin");
    const data = concatBytes(files.data);
    const { graph } = decodeMessage("Model", concatBytes(files.model), "model");
    const weight = graph!.initializers.find(({ name }) => name === "0.weight")!;
    expect(weight.rawData).toBeUndefined();
    const place = Object.fromEntries(weight.externalData.map(({ key, value }) => [key, value]));
    expect(place).toEqual({ location: "weights.bin", offset: "0", length: "4800" });
    expect(new Float32Array(data.buffer, 0, 1200)).toEqual(await model.parameters()[0]!.data());
    expect(lengthOf(files.model)).toBeLessThan(2000);
  });

  test("hold weights in half precision", async () => {
    const bytes = await exportOnnx(model, [1, 40], { weights: "float16" });
    expect(bytes.length).toBeLessThan(0.6 * (await exportOnnx(model, [1, 40])).length);
    const input = tensor(
      Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
      { shape: [1, 40] },
    );
    const { output } = Object.fromEntries(await runOnnx(bytes, { input }));
    const expected = await model.eval().forward(input).data();
    const half = { relative: 2e-3, absolute: 1e-4 };
    expect(compareArrays(output!.data, expected, half)).toBeUndefined();
    expect(compareArrays(output!.data, expected, tolerance.kernel)).toBeDefined();
  });
});

test("an operation of one's own is exported as its decomposition, if it has one", async () => {
  const definition = {
    shape: ([x]: readonly TensorSpec[]) => x!,
    reference: () => {},
    differentiable: false,
    examples: () => ({ inputs: [{ shape: [2] }], attrs: {} }),
  };
  const opaque = defineForeignOp({ ...definition, name: "opaque" });
  const twice = defineForeignOp({ ...definition, name: "twice", decompose: ([x]) => ops.mul(x!, 2) });
  const { graph } = await modelOf((x: Tensor) => apply(twice, [x], {}), [2]);
  expect(graph.nodes.map(({ opType }) => opType)).toEqual(["Mul"]);
  const refused = exportOnnx((x: Tensor) => apply(opaque, [x], {}), [2]);
  await expect(refused).rejects.toThrow("opaque has no counterpart in ONNX\n  hint: ");
});

describe("what cannot be exported is refused", () => {
  test.each<[string, Exportable, InputSpec, OnnxOptions, string]>([
    ["random numbers", (x: Tensor) => ops.dropout(x), [2, 3], {}, "draws random numbers"],
    ["a training step", new Assigning(), [2], {}, "the network assigns counter"],
    ["an unknown opset", new nn.ReLU(), [2], { opset: 17 }, "opset must be from 18 to 23"],
    ["two values of a name", new nn.ReLU(), { shape: [2], name: "y" }, { outputNames: ["y"] }, 'called "y"'],
    ["too few names", new nn.ReLU(), [2], { outputNames: [] }, "outputNames has 0 names for 1 outputs"],
    ["no result", () => [], [2], {}, "the network gives no tensor"],
    ["a scalar batch", new nn.ReLU(), { shape: [] }, { dynamicBatch: true }, 'the input "input" has no axis'],
    ["no shape", new nn.ReLU(), [2, -1], {}, "[2, -1] is no shape"],
    [
      "a number that follows the batch",
      (x: Tensor) => ops.mul(x, x.shape[0]!),
      [2, 3],
      { dynamicBatch: true },
      "decides more than shapes: full",
    ],
    [
      "an axis beside the batch",
      (x: Tensor) => ops.concat([x, ops.ones([1, 3])], 0),
      [2, 3],
      { dynamicBatch: true },
      'decides more than shapes: concat (the output "output"), where an axis has 8192 elements',
    ],
  ])("%s", async (_, network, inputs, options, message) => {
    await expect(exportOnnx(network, inputs, options)).rejects.toThrow(message);
  });
});

class Assigning extends nn.Module {
  readonly counter = new Variable(tensor([0]), { trainable: false });

  override forward(x: Tensor): Tensor {
    this.counter.assign(ops.add(this.counter, 1));
    return x;
  }
}
