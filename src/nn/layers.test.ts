import { describe, expect, it } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { compile } from "../compiler/compile.ts";
import { evaluate } from "../compiler/runtime.ts";
import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import * as nn from "./index.ts";

const ramp = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i / 10),
    { shape },
  );

/** Makes a layer, with the text that `toString` gives, an input shape, the output shape, and its variables' shapes. */
type Row = readonly [
  make: () => nn.Module,
  text: string,
  input: Shape,
  output: Shape,
  state?: Record<string, Shape>,
];

const rows: readonly Row[] = [
  [() => new nn.Conv1d(2, 4, 3), "Conv1d(2, 4, 3)", [1, 2, 9], [1, 4, 7], { weight: [4, 2, 3], bias: [4] }],
  [
    () => new nn.Conv2d(4, 6, [3, 5], { stride: 2, padding: [1, 2], groups: 2, bias: false }),
    "Conv2d(4, 6, [3, 5], { stride: 2, padding: [1, 2], groups: 2, bias: false })",
    [2, 4, 8, 9],
    [2, 6, 4, 5],
    { weight: [6, 2, 3, 5] },
  ],
  [
    () => new nn.Conv2d(1, 1, 3, { padding: "same", paddingMode: "reflect" }),
    'Conv2d(1, 1, 3, { padding: "same", paddingMode: "reflect" })',
    [1, 1, 5, 5],
    [1, 1, 5, 5],
    { weight: [1, 1, 3, 3], bias: [1] },
  ],
  [
    () => new nn.Conv3d(1, 2, 2),
    "Conv3d(1, 2, 2)",
    [1, 1, 3, 4, 5],
    [1, 2, 2, 3, 4],
    { weight: [2, 1, 2, 2, 2], bias: [2] },
  ],
  [
    () => new nn.ConvTranspose1d(2, 3, 4, { stride: 2 }),
    "ConvTranspose1d(2, 3, 4, { stride: 2 })",
    [1, 2, 5],
    [1, 3, 12],
    { weight: [2, 3, 4], bias: [3] },
  ],
  [
    () => new nn.ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    "ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 })",
    [1, 4, 3, 3],
    [1, 6, 6, 6],
    { weight: [4, 3, 3, 3], bias: [6] },
  ],
  [
    () => new nn.ConvTranspose3d(1, 1, 2, { bias: false }),
    "ConvTranspose3d(1, 1, 2, { bias: false })",
    [1, 1, 2, 2, 2],
    [1, 1, 3, 3, 3],
    { weight: [1, 1, 2, 2, 2] },
  ],
  [() => new nn.Linear(3, 5), "Linear(3, 5)", [2, 7, 3], [2, 7, 5], { weight: [5, 3], bias: [5] }],
  [
    () => new nn.Linear(3, 5, { bias: false }),
    "Linear(3, 5, { bias: false })",
    [2, 3],
    [2, 5],
    { weight: [5, 3] },
  ],
  [() => new nn.MaxPool1d(2), "MaxPool1d(2)", [1, 2, 7], [1, 2, 3]],
  [
    () => new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    "MaxPool2d(3, { stride: 2, padding: 1 })",
    [1, 1, 6, 7],
    [1, 1, 3, 4],
  ],
  [() => new nn.MaxPool3d(2), "MaxPool3d(2)", [1, 1, 2, 4, 6], [1, 1, 1, 2, 3]],
  [() => new nn.AvgPool1d(3, { stride: 1 }), "AvgPool1d(3, { stride: 1 })", [1, 2, 7], [1, 2, 5]],
  [
    () => new nn.AvgPool2d(2, { ceilMode: true }),
    "AvgPool2d(2, { ceilMode: true })",
    [1, 1, 5, 4],
    [1, 1, 3, 2],
  ],
  [() => new nn.AvgPool3d([1, 2, 2]), "AvgPool3d([1, 2, 2])", [1, 1, 2, 4, 6], [1, 1, 2, 2, 3]],
  [() => new nn.AdaptiveAvgPool1d(3), "AdaptiveAvgPool1d(3)", [1, 2, 7], [1, 2, 3]],
  [() => new nn.AdaptiveAvgPool2d([2, 3]), "AdaptiveAvgPool2d([2, 3])", [1, 2, 7, 7], [1, 2, 2, 3]],
  [() => new nn.AdaptiveMaxPool1d(3), "AdaptiveMaxPool1d(3)", [1, 2, 7], [1, 2, 3]],
  [() => new nn.AdaptiveMaxPool2d(1), "AdaptiveMaxPool2d(1)", [1, 2, 7, 7], [1, 2, 1, 1]],
  [() => new nn.GlobalAvgPool(), "GlobalAvgPool()", [2, 3, 4, 5], [2, 3]],
  [() => new nn.GlobalMaxPool({ keepDims: true }), "GlobalMaxPool({ keepDims: true })", [2, 3, 4], [2, 3, 1]],
  [() => new nn.BatchNorm1d(3), "BatchNorm1d(3)", [4, 3], [4, 3], batchNormState(3)],
  [
    () => new nn.BatchNorm2d(3, { momentum: null }),
    "BatchNorm2d(3, { momentum: null })",
    [2, 3, 2, 2],
    [2, 3, 2, 2],
    batchNormState(3),
  ],
  [() => new nn.BatchNorm3d(2), "BatchNorm3d(2)", [1, 2, 2, 2, 2], [1, 2, 2, 2, 2], batchNormState(2)],
  [
    () => new nn.LayerNorm([2, 3]),
    "LayerNorm([2, 3])",
    [4, 2, 3],
    [4, 2, 3],
    { weight: [2, 3], bias: [2, 3] },
  ],
  [
    () => new nn.LayerNorm(3, { bias: false }),
    "LayerNorm([3], { bias: false })",
    [4, 3],
    [4, 3],
    { weight: [3] },
  ],
  [() => new nn.GroupNorm(2, 4), "GroupNorm(2, 4)", [1, 4, 3], [1, 4, 3], { weight: [4], bias: [4] }],
  [() => new nn.InstanceNorm1d(2), "InstanceNorm1d(2)", [1, 2, 3], [1, 2, 3]],
  [
    () => new nn.InstanceNorm2d(2, { affine: true }),
    "InstanceNorm2d(2, { affine: true })",
    [1, 2, 3, 3],
    [1, 2, 3, 3],
    { weight: [2], bias: [2] },
  ],
  [() => new nn.LocalResponseNorm(5, { k: 2 }), "LocalResponseNorm(5, { k: 2 })", [1, 6, 2, 2], [1, 6, 2, 2]],
  [() => new nn.Dropout(), "Dropout(0.5)", [2, 3], [2, 3]],
  [() => new nn.StochasticDepth(0.2), "StochasticDepth(0.2)", [2, 3], [2, 3]],
  [() => new nn.Dropout2d(0.1), "Dropout2d(0.1)", [2, 3, 2, 2], [2, 3, 2, 2]],
  [() => new nn.Flatten(), "Flatten()", [2, 3, 4, 5], [2, 60]],
  [() => new nn.Flatten(2), "Flatten(2)", [2, 3, 4, 5], [2, 3, 20]],
  [() => new nn.Flatten(0, 1), "Flatten(0, 1)", [2, 3, 4], [6, 4]],
  [() => new nn.Unflatten([3, 4]), "Unflatten([3, 4])", [2, 12], [2, 3, 4]],
  [
    () => new nn.BlurPool2d(3, { kernelSize: 3, paddingMode: "zeros" }),
    'BlurPool2d(3, { kernelSize: 3, paddingMode: "zeros" })',
    [2, 3, 5, 6],
    [2, 3, 3, 3],
    { filt: [3, 1, 3, 3] },
  ],
  [
    () => new nn.MaxBlurPool2d(2, 3, { stride: 2, padding: 1 }),
    "MaxBlurPool2d(\n  3, { padding: 1, stride: 1 }\n  (blur): BlurPool2d(2, { stride: 2 })\n)",
    [1, 2, 7, 8],
    [1, 2, 4, 4],
    { "blur.filt": [2, 1, 4, 4] },
  ],
  [() => new nn.Identity(), "Identity()", [2], [2]],
  [() => new nn.Upsample(2), "Upsample(2)", [1, 1, 2, 3], [1, 1, 4, 6]],
  [
    () => new nn.Upsample([1, 2], { mode: "bilinear" }),
    'Upsample([1, 2], { mode: "bilinear" })',
    [1, 1, 2, 3],
    [1, 1, 2, 6],
  ],
  [() => new nn.ZeroPad2d(1), "ZeroPad2d(1)", [1, 1, 2, 3], [1, 1, 4, 5]],
  [() => new nn.ReflectionPad2d([1, 0, 2, 1]), "ReflectionPad2d([1, 0, 2, 1])", [1, 1, 4, 3], [1, 1, 7, 4]],
  [() => new nn.ReplicationPad2d(2), "ReplicationPad2d(2)", [1, 1, 1, 1], [1, 1, 5, 5]],
  [() => new nn.CircularPad2d(1), "CircularPad2d(1)", [1, 1, 2, 2], [1, 1, 4, 4]],
  [
    () => new nn.PReLU({ numParameters: 3 }),
    "PReLU({ numParameters: 3 })",
    [1, 3, 2],
    [1, 3, 2],
    { weight: [3] },
  ],
  [() => new nn.LeakyReLU({ negativeSlope: 0.2 }), "LeakyReLU({ negativeSlope: 0.2 })", [3], [3]],
];

function batchNormState(channels: number): Record<string, Shape> {
  const each = [channels];
  return { weight: each, bias: each, running_mean: each, running_var: each, num_batches_tracked: [] };
}

describe("a layer", () => {
  it.each(rows.map((row) => ({ text: row[1], row })))("$text", async ({ row }) => {
    const [make, text, input, output, state = {}] = row;
    const layer = make();
    expect(String(layer)).toBe(text);
    const y = layer.eval().forward(ramp(...input));
    expect(y.shape).toEqual(output);
    await evaluate([y], reference);
    expect([...(await y.data())].every(Number.isFinite)).toBe(true);
    const variables = [...layer.namedParameters(), ...layer.namedBuffers()];
    expect(Object.fromEntries(variables.map(([name, { shape }]) => [name, shape]))).toEqual(state);
  });
});

describe("activations", () => {
  it.each<[nn.Module, (x: number) => number]>([
    [new nn.ReLU(), (x) => Math.max(0, x)],
    [new nn.ReLU6(), (x) => Math.min(6, Math.max(0, x))],
    [new nn.LeakyReLU(), (x) => Math.max(0.01 * x, x)],
    [new nn.PReLU(), (x) => Math.max(0.25 * x, x)],
    [new nn.ELU({ alpha: 2 }), (x) => (x > 0 ? x : 2 * Math.expm1(x))],
    [new nn.SELU(), (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
    [
      new nn.GELU({ approximate: "tanh" }),
      (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ],
    [new nn.SiLU(), (x) => x / (1 + Math.exp(-x))],
    [new nn.Mish(), (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
    [new nn.Hardswish(), (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6],
    [new nn.Hardsigmoid(), (x) => Math.min(6, Math.max(0, x + 3)) / 6],
    [new nn.Sigmoid(), (x) => 1 / (1 + Math.exp(-x))],
    [new nn.Tanh(), Math.tanh],
    [new nn.Softplus({ beta: 2 }), (x) => Math.log1p(Math.exp(2 * x)) / 2],
  ])("%s", async (layer, expected) => {
    const inputs = [-7, -2.5, -0.5, 0, 0.5, 2.5, 7];
    const y = layer.forward(tensor(inputs));
    await evaluate([y], reference);
    const data = await y.data();
    inputs.forEach((x, i) => {
      expect(data[i]).toBeCloseTo(expected(x), 5);
    });
  });

  it.each([new nn.Softmax(1), new nn.LogSoftmax(1)])("%s", async (layer) => {
    const y = layer.forward(tensor([[0, Math.log(3)]]));
    await evaluate([y], reference);
    const values = [...(await y.data())].map((v) => (layer instanceof nn.Softmax ? v : Math.exp(v)));
    expect(values[0]).toBeCloseTo(0.25, 5);
    expect(values[1]).toBeCloseTo(0.75, 5);
  });
});

describe("dropout", () => {
  it.each([new nn.Dropout(0.25), new nn.Dropout2d(0.25)])("%s drops in training only", async (layer) => {
    nn.manualSeed(11);
    const x = tensor(new Float32Array(4000).fill(1), { shape: [10, 100, 2, 2] });
    const run = compile((input: Tensor) => layer.forward(input), { backend: reference });
    const dropped = await (await run(x)).data();
    const kept = dropped.filter((v) => v !== 0);
    expect(Math.abs(kept.length / 4000 - 0.75)).toBeLessThan(0.07);
    expect(new Set(kept)).toEqual(new Set([Math.fround(4 / 3)]));
    const again = await (await run(x)).data();
    expect(again).not.toEqual(dropped);
    nn.manualSeed(11);
    expect(await (await run(x)).data()).toEqual(dropped);
    layer.eval();
    expect(await (await run(x)).data()).toEqual(await x.data());
  });
});

describe("stochastic depth", () => {
  it("drops whole samples, in training only", async () => {
    nn.manualSeed(11);
    const layer = new nn.StochasticDepth(0.25);
    const x = tensor(new Float32Array(2000).fill(1), { shape: [500, 4] });
    const values = await layer.forward(x).data();
    const samples = Array.from({ length: 500 }, (_, n) => values.subarray(4 * n, 4 * n + 4));
    expect(samples.every((sample) => sample.every((v) => v === sample[0]))).toBe(true);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(Math.abs(samples.filter(([v]) => v !== 0).length / 500 - 0.75)).toBeLessThan(0.08);
    nn.manualSeed(11);
    expect(await layer.forward(x).data()).toEqual(values);
    expect(await layer.eval().forward(x).data()).toEqual(await x.data());
  });

  it("wants a probability and a batch", () => {
    expect(() => new nn.StochasticDepth(1.5)).toThrow("StochasticDepth: p must lie in [0, 1], but is 1.5");
    expect(() => new nn.StochasticDepth(0.5).forward(tensor(1))).toThrow("x has no batch axis");
  });
});

describe("initial values", () => {
  it("of convolutions and linear layers are uniform within ±1/√fanIn, and follow the seed", async () => {
    nn.manualSeed(1);
    const make = () => [new nn.Conv2d(8, 64, 3, { groups: 2 }), new nn.Linear(36, 500)] as const;
    const [conv, linear] = make();
    for (const [parameter, bound] of [
      [conv.weight, 1 / 6],
      [conv.bias!, 1 / 6],
      [linear.weight, 1 / 6],
    ] as const) {
      const values = [...(await parameter.data())];
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
      const variance = values.reduce((total, v) => total + v * v, 0) / values.length;
      expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(3 / Math.sqrt(values.length));
    }
    nn.manualSeed(1);
    expect(await make()[1].bias!.data()).toEqual(await linear.bias!.data());
  });
});

describe("settings that cannot be meant are refused when the layer is made", () => {
  const dynamic = (n: number): number => n;
  it.each<[() => nn.Module, string]>([
    [
      () => new nn.Conv2d(dynamic(3), 4, 3, { groups: 2 }),
      "Conv2d: 3 input channels do not divide into 2 groups",
    ],
    [
      () => new nn.Conv2d(2, dynamic(3), 3, { groups: 2 }),
      "Conv2d: 3 output channels do not divide into 2 groups",
    ],
    [() => new nn.Conv2d(0, 3, 3), "Conv2d: inChannels must be a whole number of at least 1, not 0"],
    [() => new nn.Conv2d(1, 3, [3, 3, 3]), "Conv2d: kernelSize must be one whole number"],
    [() => new nn.Conv2d(1, 3, 3, { stride: dynamic(0) }), "Conv2d: stride must be"],
    [
      () => new nn.Conv2d(1, 3, 3, { padding: "same", stride: dynamic(2) }),
      'Conv2d: padding "same" needs stride 1',
    ],
    [
      () => new nn.ConvTranspose2d(1, 1, 2, { outputPadding: dynamic(-1) }),
      "ConvTranspose2d: outputPadding must be",
    ],
    [() => new nn.Linear(2.5, 1), "Linear: inFeatures must be"],
    [() => new nn.MaxPool2d(2, { padding: dynamic(2) }), "MaxPool2d: padding"],
    [() => new nn.AdaptiveAvgPool2d(dynamic(0)), "AdaptiveAvgPool2d: outputSize"],
    [() => new nn.GroupNorm(2, dynamic(3) as 4), "GroupNorm: 3 channels do not divide into 2 groups"],
    [() => new nn.Dropout(1.5), "Dropout: p must lie in [0, 1]"],
    [() => new nn.ZeroPad2d([1, 2] as never), "zeroPad2d: padding must be one whole number or"],
  ])("%s", (make, message) => {
    expect(make).toThrow(message);
  });
});
