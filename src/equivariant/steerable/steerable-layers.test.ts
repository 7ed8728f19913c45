import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fill } from "../../../test/conformance-tools.ts";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import { gradients } from "../../autograd/gradients.ts";
import { reference } from "../../backend/reference/reference.ts";
import { createWasmBackend } from "../../backend/wasm/wasm.ts";
import { setBackend } from "../../compiler/runtime.ts";
import { Draw } from "../../core/draw.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Module } from "../../nn/module.ts";
import { manualSeed } from "../../nn/random.ts";
import { mul } from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/movement.ts";
import { sum } from "../../ops/reduce.ts";
import { cyclicGroup, dihedralGroup, type Group } from "../group.ts";
import { AntialiasedPool2d } from "./antialiased-pool2d.ts";
import { FieldMaxPool, NormPool } from "./field-pool.ts";
import { FieldReLU } from "./field-relu.ts";
import { FieldType } from "./field-type.ts";
import { GatedNonlinearity } from "./gated-nonlinearity.ts";
import { InnerBatchNorm } from "./inner-batch-norm.ts";
import { irrep } from "./irreps.ts";
import { MaskDisc } from "./mask-disc.ts";
import { NormBatchNorm } from "./norm-batch-norm.ts";
import { NormReLU } from "./norm-relu.ts";
import { directSum, quotient, regular, trivial } from "./representation.ts";
import { SteerableConv2d } from "./steerable-conv2d.ts";
import { steeringError } from "./steering-error.ts";

beforeAll(() => setBackend(reference));
afterAll(() => setBackend(createWasmBackend({ threads: 1 })));

/** Relative errors of float64 sums. */
const exact = 1e-12;
const d8 = dihedralGroup(8);
const c8 = cyclicGroup(8);

/** Fields of several kinds, those of one kind not together. */
function mixed(group: Group): FieldType {
  const e1 = irrep(group, "E1");
  const b = irrep(group, group.reflections ? "B2" : "B");
  return new FieldType([
    trivial(group),
    e1,
    regular(group),
    e1,
    b,
    directSum(trivial(group), irrep(group, "E3")),
  ]);
}

const permuted = (group: Group): FieldType =>
  new FieldType([regular(group), trivial(group), quotient(group, cyclicGroup(2)), regular(group)]);

/** Parameters and running statistics that are not what they start as. */
function disturb(model: Module): void {
  const draw = new Draw(3);
  for (const [path, variable] of [...model.namedParameters(), ...model.namedBuffers()]) {
    if (variable.dtype !== "float32" || path.startsWith("weights.")) continue;
    variable.assign(fill({ shape: variable.shape, range: [0.5, 1.5] }, draw, "float32"));
  }
}

describe.each([
  ["C8", c8],
  ["D8", d8],
] as const)("%s: quarter turns and reflections pass exactly", (_, group) => {
  const [a, b] = [mixed(group), permuted(group)];
  const layers: Module[] = [
    new SteerableConv2d(a, b, 3, { padding: 1 }),
    new SteerableConv2d(b, a, 3),
    new SteerableConv2d(a, a, 5, { padding: 2, stride: 2 }),
    new SteerableConv2d(FieldType.trivial(group, 1), FieldType.regular(group, 1), 4),
  ];
  test.each(layers.map((layer) => [layer.constructor.name, layer] as const))("%s", async (_, layer) => {
    disturb(layer);
    const errors = await steeringError(layer, { size: 7, images: 1, backend: reference });
    for (const { exact: isExact, error, centre, degrees } of errors) {
      if (isExact) expect(error, `${degrees}°`).toBeLessThan(exact);
      if (centre !== undefined) expect(centre, `${degrees}°`).toBeLessThan(0.2);
    }
  });
});

describe.each([
  ["C8", c8],
  ["D8", d8],
] as const)("%s: what mixes no pixels commutes with every element", (_, group) => {
  const [a, b] = [mixed(group), permuted(group)];
  const layers: Module[] = [
    new FieldReLU(b),
    new NormReLU(a),
    new GatedNonlinearity(a),
    new InnerBatchNorm(b).eval(),
    new NormBatchNorm(a).eval(),
    new FieldMaxPool(b),
    new NormPool(a),
  ];
  test.each(layers.map((layer) => [layer.constructor.name, layer] as const))("%s", async (_, layer) => {
    disturb(layer);
    for (const each of await steeringError(layer, { size: 5, images: 1, backend: reference })) {
      expect(each.centre).toBeLessThan(exact);
      if (each.exact) expect(each.error).toBeLessThan(exact);
    }
  });
});

test("the normalizations' statistics of a batch do not change when its images are turned", async () => {
  const backend = createWasmBackend({ threads: 1 });
  for (const layer of [new InnerBatchNorm(permuted(d8)), new NormBatchNorm(mixed(d8))]) {
    const errors = await steeringError(layer, { size: 5, images: 2, backend, elements: [4, 8, 12] });
    for (const { error } of errors) expect(error).toBeLessThan(1e-6);
    const running = [...layer.namedBuffers()].find(([path]) => path.endsWith("running_var"))![1];
    expect((await running.data()).some((value) => Math.abs(value - 1) > 0.01)).toBe(true);
  }
});

test("in evaluation each field is normalized by its own statistics, as its inner layer does", async () => {
  for (const [type, Layer] of [
    [FieldType.regular(c8, 3), InnerBatchNorm],
    [FieldType.of(irrep(c8, "E1"), 3), NormBatchNorm],
    [FieldType.trivial(c8, 3), NormBatchNorm],
  ] as const) {
    const layer = new Layer(type).eval();
    disturb(layer);
    const x = fill({ shape: [2, type.channels, 4, 5] }, new Draw(6), "float32");
    const fields = layer.norms[0]!.forward(reshape(x, [2, 3, (type.channels / 3) * 4, 5]));
    const [actual, expected] = [await layer.forward(x).data(), await fields.data()];
    expect(compareArrays(actual, expected, tolerance.kernel)).toBeUndefined();
  }
});

test("blurring and striding keep quarter turns where they keep the middle, and are refused elsewhere", async () => {
  const type = mixed(d8);
  for (const [size, kernelSize] of [
    [9, 5],
    [8, 4],
  ] as const) {
    const pool = new AntialiasedPool2d(type, { kernelSize });
    for (const { exact: isExact, error } of await steeringError(pool, {
      size,
      images: 1,
      backend: reference,
    })) {
      if (isExact) expect(error).toBeLessThan(exact);
    }
  }
  const x = fill({ shape: [1, type.channels, 8, 8] }, new Draw(1), "float32");
  expect(() => new AntialiasedPool2d(type).forward(x)).toThrow(
    "a stride of 2 leaves out 1 of 8 rows at one border only, so the output is not equivariant to D8",
  );
  expect(() => new SteerableConv2d(type, type, 3, { stride: 2, padding: 1 }).forward(x)).toThrow(
    "1 of 8 rows",
  );
  const loose = new SteerableConv2d(type, type, 3, { stride: 2, padding: 1, exact: false });
  expect(loose.forward(x).shape).toEqual([1, type.channels, 4, 4]);
});

test("a disc keeps its middle and drops the corners", async () => {
  const y = await new MaskDisc()
    .forward(tensor(new Float32Array(81).fill(1), { shape: [1, 1, 9, 9] }))
    .data();
  expect([y[40], y[41], y[0]! < 0.1]).toEqual([1, 1, true]);
  const type = FieldType.trivial(d8, 1);
  const disc = new MaskDisc();
  for (const { exact: isExact, error } of await steeringError(disc, {
    size: 8,
    inType: type,
    outType: type,
  })) {
    if (isExact) expect(error).toBeLessThan(exact);
  }
});

describe("as ordinary layers", () => {
  const input = fill({ shape: [2, mixed(d8).channels, 7, 7] }, new Draw(5), "float32");
  const layers = [
    new SteerableConv2d(mixed(d8), permuted(d8), 3, { padding: 1, stride: 2 }),
    new SteerableConv2d(mixed(d8), FieldType.of(irrep(d8, "E1"), 2), 3),
    new NormBatchNorm(mixed(d8)).eval(),
    new AntialiasedPool2d(mixed(d8)),
  ];
  test.each(layers.map((layer) => [layer.constructor.name, layer] as const))("%s", async (_, layer) => {
    disturb(layer);
    const plain = layer.toPlain().eval();
    const [expected, actual] = [layer.forward(input), plain.forward(input)];
    expect(actual.shape).toEqual(expected.shape);
    const problem = compareArrays(await actual.data(), await expected.data(), tolerance.kernel);
    expect(problem).toBeUndefined();
  });

  test("InnerBatchNorm", async () => {
    const type = permuted(d8);
    const layer = new InnerBatchNorm(type).eval();
    disturb(layer);
    const x = fill({ shape: [2, type.channels, 3, 3] }, new Draw(5), "float32");
    const [expected, actual] = [layer.forward(x), layer.toPlain().eval().forward(x)];
    expect(compareArrays(await actual.data(), await expected.data(), tolerance.kernel)).toBeUndefined();
  });
});

test("the gradient of the weights is that of finite differences", async () => {
  const layer = new SteerableConv2d(mixed(c8), new FieldType([irrep(c8, "E2"), regular(c8)]), 3);
  const draw = new Draw(7);
  const x = fill({ shape: [1, mixed(c8).channels, 4, 4] }, draw, "float64");
  const loss = (y: Tensor): Tensor => sum(mul(y, y));
  const weight = layer.weights[1]!;
  const [gradient] = gradients(loss(layer.forward(x)), [weight.value], tensor(1, { dtype: "float64" }));
  const expected = await gradient!.data();
  const before = await weight.data();
  const at = async (i: number, step: number): Promise<number> => {
    weight.assign(before.map((value, j) => (i === j ? value + step : value)));
    return loss(layer.forward(x)).item();
  };
  for (const i of [0, before.length - 1]) {
    // A power of two, so that the float32 weight takes the step exactly or nearly so.
    const difference = ((await at(i, 2 ** -8)) - (await at(i, -(2 ** -8)))) / 2 ** -7;
    expect(difference).toBeCloseTo(expected[i]!, 2);
  }
});

test("at first outputs have twice the inputs' variance, as He's initialization has", async () => {
  manualSeed(4);
  for (const [from, to] of [
    [FieldType.regular(c8, 4), FieldType.regular(c8, 8)],
    [FieldType.of(irrep(d8, "E1"), 12), FieldType.of(irrep(d8, "E2"), 20)],
  ] as const) {
    const layer = new SteerableConv2d(from, to, 3);
    const draw = new Draw(9);
    const x = fill(
      { shape: [4, from.channels, 8, 8], range: [-Math.sqrt(3), Math.sqrt(3)] },
      draw,
      "float32",
    );
    const y = Float64Array.from(await layer.forward(x).data());
    const variance = y.reduce((total, value) => total + value * value, 0) / y.length;
    expect(variance).toBeGreaterThan(1.6);
    expect(variance).toBeLessThan(2.4);
  }
});

test("the state's names, and a bias for each trivial part", () => {
  const layer = new SteerableConv2d(mixed(c8), mixed(c8), 3);
  const shapes = [...layer.namedParameters()].map(([path, { shape }]) => [path, shape.join("×")]);
  expect(shapes.slice(0, 2)).toEqual([
    ["weights.0", "1×1×2"],
    ["weights.1", "1×2×2"],
  ]);
  expect(shapes.at(-1)).toEqual(["bias", "3"]);
  expect([...new InnerBatchNorm(permuted(c8)).namedParameters().keys()].slice(0, 3)).toEqual([
    "norms.0.weight",
    "norms.0.bias",
    "norms.1.weight",
  ]);
  expect(new SteerableConv2d(mixed(c8), FieldType.of(irrep(c8, "E1"), 2), 3).bias).toBeUndefined();
  expect(
    String(new SteerableConv2d(FieldType.trivial(c8, 3), FieldType.regular(c8, 8), 5, { padding: 2 })),
  ).toBe("SteerableConv2d(C8: 3×A → C8: 8×regular, 5, { padding: 2 })");
});

test("what does not fit says why", () => {
  const e1 = FieldType.of(irrep(c8, "E1"), 2);
  for (const make of [() => new FieldReLU(e1), () => new InnerBatchNorm(e1), () => new FieldMaxPool(e1)]) {
    expect(make).toThrow(/but field 0 is E1 of C8: NormReLU, GatedNonlinearity/);
  }
  expect(() => new GatedNonlinearity(FieldType.trivial(c8, 2))).toThrow("nothing to gate in C8: 2×A");
  expect(() => new SteerableConv2d(e1, FieldType.trivial(d8, 1), 3)).toThrow("must be of one group");
  expect(() => new SteerableConv2d(FieldType.trivial(c8, 1), FieldType.of(irrep(c8, "B"), 1), 3)).toThrow(
    "no kernel of 3×3 pixels maps C8: 1×A to B but zero: take a larger kernel",
  );
  const x = fill({ shape: [1, 3, 5, 5] }, new Draw(1), "float32");
  expect(() => new SteerableConv2d(e1, e1, 3).forward(x)).toThrow(
    "input must have the 4 channels of C8: 2×E1",
  );
});
