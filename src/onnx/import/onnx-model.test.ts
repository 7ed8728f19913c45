import { describe, expect, it } from "vitest";
import { floats, ints, modelBytes, node } from "../../../test/onnx-builder.ts";
import { gradients, valueAndGrad } from "../../autograd/index.ts";
import { compile } from "../../compiler/compile.ts";
import { ShapeError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { crossEntropy, sum } from "../../ops/index.ts";
import { SGD } from "../../train/index.ts";
import { importOnnx, OnnxError, parseOnnx } from "../index.ts";

/** Deterministic numbers in [−1, 1). */
function wave(count: number, seed = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + seed * 78.233)));
}

/** Convolution, batch norm, relu, pooling and a linear layer for a batch of one. */
function smallNetwork(): Uint8Array {
  return modelBytes({
    inputs: { x: [1, 1, 6, 6] },
    outputs: ["y"],
    initializers: [
      floats("conv.weight", [4, 1, 3, 3], wave(36)),
      floats("bn.weight", [4], [1, 1, 1, 1]),
      floats("bn.bias", [4], [0, 0, 0, 0]),
      floats("bn.running_mean", [4], [0, 0, 0, 0]),
      floats("bn.running_var", [4], [1, 1, 1, 1]),
      ints("shape", [2], [1, 16]),
      floats("fc.weight", [3, 16], wave(48, 2)),
      floats("fc.bias", [3], [0, 0, 0]),
    ],
    nodes: [
      node("Conv", ["x", "conv.weight"], ["a"]),
      node("BatchNormalization", ["a", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"], ["b"]),
      node("Relu", ["b"], ["c"]),
      node("MaxPool", ["c"], ["d"], { kernel_shape: [2, 2], strides: [2, 2] }),
      node("Reshape", ["d", "shape"], ["e"]),
      node("Gemm", ["e", "fc.weight", "fc.bias"], ["y"], { transB: 1 }),
    ],
  });
}

describe("an imported network", () => {
  it("has the file's weights as parameters, running statistics as buffers, and is in evaluation mode", () => {
    const model = importOnnx(smallNetwork());
    expect([...model.namedParameters().keys()]).toEqual([
      "conv.weight",
      "bn.weight",
      "bn.bias",
      "fc.weight",
      "fc.bias",
    ]);
    expect([...model.namedBuffers().keys()]).toEqual(["bn.running_mean", "bn.running_var"]);
    expect(model.training).toBe(false);
    expect(model.inputs).toEqual([{ name: "x", type: "float32", shape: [1, 1, 6, 6] }]);
    expect(String(model)).toContain("x [1, 1, 6, 6] → y […]");
  });

  it("takes another batch than the file's, also where the file reshapes to its own", async () => {
    const model = importOnnx(smallNetwork());
    const images = wave(3 * 36);
    const together = await model.forward(tensor(images, { shape: [3, 1, 6, 6] })).data();
    for (let i = 0; i < 3; i++) {
      const one = model.forward(tensor(images.slice(36 * i, 36 * i + 36), { shape: [1, 1, 6, 6] }));
      const alone = await one.data();
      alone.forEach((value, k) => {
        expect(together[3 * i + k]).toBeCloseTo(value, 5);
      });
    }
  });

  it("learns: a few steps lower the loss, and running statistics follow in training mode", async () => {
    const model = importOnnx(smallNetwork()).train();
    const optimizer = new SGD({ lr: 0.1 });
    const step = compile((x: Tensor, labels: Tensor) => {
      const loss = () => crossEntropy(model.forward(x), labels);
      const { value, grads } = valueAndGrad(loss, model.parameters());
      optimizer.update(grads);
      return value;
    });
    // A bright pair of rows says which class it is.
    const pixels = wave(12 * 36).map((noise, i) => {
      const [image, row] = [Math.floor(i / 36), Math.floor((i % 36) / 6)];
      return 0.1 * noise + Number(Math.floor(row / 2) === image % 3);
    });
    const x = tensor(pixels, { shape: [12, 1, 6, 6] });
    const labels = tensor(Int32Array.from({ length: 12 }, (_, i) => i % 3));
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) losses.push(await (await step(x, labels)).item());
    expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!);
    const running = await model.namedBuffers().get("bn.running_mean")!.data();
    expect(Math.max(...running.map(Math.abs))).toBeGreaterThan(0.01);
    model.eval();
    const before = await model.namedBuffers().get("bn.running_mean")!.data();
    await model.forward(x).data();
    expect(await model.namedBuffers().get("bn.running_mean")!.data()).toEqual(before);
  });

  it("follows statistics by ONNX's rule: m of the old, 1 − m of the batch's", async () => {
    const bytes = modelBytes({
      inputs: { x: ["n", 1] },
      outputs: ["y"],
      initializers: ["scale", "bias", "mean", "var"].map((name, i) => floats(name, [1], [[1, 0, 0, 1][i]!])),
      nodes: [node("BatchNormalization", ["x", "scale", "bias", "mean", "var"], ["y"], { momentum: 0.75 })],
    });
    const model = importOnnx(bytes).train();
    const y = await model.forward(tensor([[1], [3]])).data();
    expect(y[0]).toBeCloseTo(-1, 4);
    expect((await model.namedBuffers().get("mean")!.data())[0]).toBeCloseTo(0.25 * 2, 6);
    expect((await model.namedBuffers().get("var")!.data())[0]).toBeCloseTo(0.75 + 0.25 * 1, 6);
  });

  it("drops out in training mode only", async () => {
    const bytes = modelBytes({
      inputs: { x: [1000] },
      outputs: ["y"],
      initializers: [floats("ratio", [], [0.25])],
      nodes: [node("Dropout", ["x", "ratio"], ["y"])],
    });
    const model = importOnnx(bytes);
    const x = tensor(new Float32Array(1000).fill(3));
    const zeros = (values: ArrayLike<number>): number => Array.from(values).filter((v) => v === 0).length;
    expect(zeros(await model.forward(x).data())).toBe(0);
    const dropped = await model.train().forward(x).data();
    expect(zeros(dropped)).toBeGreaterThan(180);
    expect(zeros(dropped)).toBeLessThan(320);
    expect(dropped.find((v) => v !== 0)).toBeCloseTo(4, 5);
  });

  it("takes several inputs and gives several outputs by name", async () => {
    const bytes = modelBytes({
      inputs: { a: [2], b: ["int64", [2]] },
      outputs: ["total", "index"],
      nodes: [
        node("Cast", ["b"], ["real"], { to: 1 }),
        node("Add", ["a", "real"], ["total"]),
        node("ArgMax", ["total"], ["index"], { keepdims: 0 }),
      ],
    });
    const model = importOnnx(bytes);
    const { total, index } = model.run({ a: tensor([1, 2]), b: tensor(Int32Array.of(5, 1)) });
    expect(Array.from(await total!.data())).toEqual([6, 3]);
    expect(await index!.item()).toBe(0);
    expect(() => model.forward(tensor([1, 2]))).toThrow("2 inputs and 2 outputs: use run");
    expect(() => model.run({ a: tensor([1, 2]) })).toThrow('the input "b" is missing');
    const wrong = { a: tensor([1, 2, 3]), b: tensor(Int32Array.of(5, 1)), c: tensor([1]) };
    expect(() => model.run(wrong)).toThrow('there is no input "c"');
  });

  it("refuses an input of another shape", () => {
    const model = importOnnx(smallNetwork(), { name: "small.onnx" });
    expect(() => model.forward(tensor(wave(25), { shape: [1, 1, 5, 5] }))).toThrow(ShapeError);
    expect(() => model.forward(tensor(wave(36), { shape: [36] }))).toThrow(/small.onnx: the input "x"/);
  });
});

describe("shapes that are computed", () => {
  it("are known while the graph is built, also in a compiled function", async () => {
    const bytes = modelBytes({
      inputs: { x: ["n", "c", "h", "w"] },
      outputs: ["y"],
      initializers: [ints("zero", [], [0]), ints("axes", [1], [0]), ints("rest", [1], [-1])],
      nodes: [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "zero"], ["n"], { axis: 0 }),
        node("Unsqueeze", ["n", "axes"], ["first"]),
        node("Concat", ["first", "rest"], ["to"], { axis: 0 }),
        node("Reshape", ["x", "to"], ["y"]),
      ],
    });
    const model = importOnnx(bytes);
    const flatten = compile((x: Tensor) => model.forward(x));
    const y = await flatten(tensor(wave(24), { shape: [2, 3, 2, 2] }));
    expect(y.shape).toEqual([2, 12]);
  });

  it("that depend on data are an error that names the node", async () => {
    const bytes = modelBytes({
      inputs: { x: [4], shape: ["int64", [1]] },
      outputs: ["y"],
      nodes: [{ ...node("Reshape", ["x", "shape"], ["y"]), name: "view" }],
    });
    const model = importOnnx(bytes, { name: "dynamic.onnx" });
    const reshaped = compile((x: Tensor, shape: Tensor) => model.run({ x, shape })["y"]!);
    const inputs = [tensor(wave(4)), tensor(Int32Array.of(4))] as const;
    await expect(reshaped(...inputs)).rejects.toThrow(
      /dynamic.onnx: Reshape "view": the shape .* depends on data/,
    );
    expect(model.run({ x: inputs[0], shape: inputs[1] })["y"]!.shape).toEqual([4]);
  });

  it("keep whole numbers beyond int32", async () => {
    const far = 2 ** 62;
    const bytes = modelBytes({
      inputs: { x: [5] },
      outputs: ["y"],
      initializers: [ints("starts", [1], [1]), ints("ends", [1], [far]), ints("axes", [1], [0])],
      nodes: [node("Slice", ["x", "starts", "ends", "axes"], ["y"])],
    });
    expect(importOnnx(bytes).forward(tensor(wave(5))).shape).toEqual([4]);
  });
});

describe("graphs in graphs", () => {
  const branch = (output: string, opType: string) => ({
    type: 5,
    g: { name: output, nodes: [node(opType, ["x"], [output])], outputs: [{ name: output }] },
  });

  it("a condition that is known chooses one, which sees the names around it", async () => {
    const bytes = modelBytes({
      inputs: { x: [2], c: ["bool", []] },
      outputs: ["y"],
      nodes: [node("If", ["c"], ["y"], { then_branch: branch("t", "Neg"), else_branch: branch("e", "Abs") })],
    });
    const model = importOnnx(bytes);
    const run = (c: boolean) =>
      model.run({ x: tensor([-1, 2]), c: tensor(Number(c), { dtype: "bool" }) })["y"]!;
    expect(Array.from(await run(true).data())).toEqual([1, -2]);
    expect(Array.from(await run(false).data())).toEqual([1, 2]);
  });

  it("a file's own functions take attributes, and may not call themselves", async () => {
    const inner = node("LeakyRelu", ["v"], ["w"]);
    const reference = [{ name: "alpha", type: 1, refAttrName: "slope" }];
    const functions = [
      {
        name: "Leak",
        domain: "mine",
        inputs: ["v"],
        outputs: ["w"],
        attributes: ["slope"],
        nodes: [{ ...inner, attributes: reference }],
        opsetImports: [{ domain: "", version: 17 }],
      },
      {
        name: "Circle",
        domain: "mine",
        inputs: ["v"],
        outputs: ["w"],
        nodes: [{ ...node("Circle", ["v"], ["w"]), domain: "mine" }],
        opsetImports: [{ domain: "mine", version: 1 }],
      },
    ];
    const bytes = (opType: string): Uint8Array =>
      modelBytes({
        inputs: { x: [2] },
        outputs: ["y"],
        nodes: [{ ...node(opType, ["x"], ["y"], { slope: 0.5 }), domain: "mine" }],
        more: { functions, opsetImports: [{ version: 17 }, { domain: "mine", version: 1 }] },
      });
    const y = importOnnx(bytes("Leak")).forward(tensor([-4, 2]));
    expect(Array.from(await y.data())).toEqual([-2, 2]);
    expect(() => importOnnx(bytes("Circle")).forward(tensor([1, 2]))).toThrow("the function calls itself");
  });
});

describe("what is not supported", () => {
  it("is an error with operator, node and reason", () => {
    const bytes = modelBytes({
      inputs: { x: [2] },
      outputs: ["y"],
      nodes: [{ ...node("Loop", ["", "", "x"], ["y"]), name: "steps" }],
    });
    const model = importOnnx(bytes, { name: "loop.onnx" });
    const run = (): Tensor => model.forward(tensor([1, 2]));
    expect(run).toThrow(OnnxError);
    expect(run).toThrow('loop.onnx: Loop "steps": loops are not supported');
  });

  it("is found where it is used, not where it is stored", async () => {
    const texts = { name: "words", dims: [1], dataType: 8, stringData: [new TextEncoder().encode("a")] };
    const bytes = modelBytes({
      inputs: { x: [2] },
      outputs: ["y"],
      initializers: [texts],
      nodes: [node("Abs", ["x"], ["y"])],
    });
    expect(parseOnnx(bytes).graph.initializers.get("words")!.texts).toEqual(["a"]);
    expect(
      Array.from(
        await importOnnx(bytes)
          .forward(tensor([-1, 1]))
          .data(),
      ),
    ).toEqual([1, 1]);
  });
});

describe("an output of half precision", () => {
  it("is rounded, and passes gradients on as if it were not", async () => {
    const bytes = modelBytes({
      inputs: { x: ["float16", [3]] },
      outputs: [["y", "float16"]],
      nodes: [node("Exp", ["x"], ["y"])],
    });
    const x = tensor([-20, 0.1, 20]);
    const y = importOnnx(bytes).forward(x);
    const [slopes] = gradients(sum(y), [x]);
    expect(Array.from(await slopes!.data())).toEqual([
      ...[-20, 0.1].map((value) => expect.closeTo(Math.exp(value), 6)),
      0,
    ]);
    expect(Array.from(await y.data())).toEqual([0, 1.10546875, Number.POSITIVE_INFINITY]);
  });
});
