import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cases } from "../../test/agreement.ts";
import "../default-backend.ts";
import { reference } from "../backend/reference/reference.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { createModel } from "../models/create-model.ts";
import { AvgPool2d } from "../nn/avg-pool2d.ts";
import { ConvTranspose2d } from "../nn/conv-transpose2d.ts";
import { Conv1d } from "../nn/conv1d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { ReLU } from "../nn/relu.ts";
import { Residual } from "../nn/residual.ts";
import { Sequential } from "../nn/sequential.ts";
import { Upsample } from "../nn/upsample.ts";
import { add } from "../ops/arithmetic.ts";
import { type EffectiveField, effectiveReceptiveField } from "./effective-receptive-field.ts";
import { densityOf, fitGaussian } from "./fit-gaussian.ts";
import { fieldOf } from "./receptive-field.ts";

/** Two ways whose results are added. */
class Fork extends Module {
  readonly left: Module;
  readonly right: Module;
  constructor(left: Module, right: Module) {
    super();
    this.left = left;
    this.right = right;
  }
  override forward(x: Tensor): Tensor {
    return add(this.left.forward(x), this.right.forward(x));
  }
}

/** A step of a random network of two channels, as plain data that fast-check can shrink. */
type Step =
  | { kind: "conv"; kernel: number; stride: number; padding: number; dilation: number; groups: number }
  | { kind: "transposed"; kernel: number; stride: number; padding: number }
  | { kind: "average"; kernel: number; stride: number }
  | { kind: "upsample"; mode: "nearest" | "bilinear" }
  | { kind: "fork"; kernels: [number, number]; dilation: number }
  | { kind: "max"; kernel: number; stride: number }
  | { kind: "relu" };

const linearStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("conv" as const),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    groups: fc.constantFrom(1, 2),
  }),
  fc.record({
    kind: fc.constant("transposed" as const),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("average" as const),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    kind: fc.constant("upsample" as const),
    mode: fc.constantFrom("nearest" as const, "bilinear" as const),
  }),
  fc.record({
    kind: fc.constant("fork" as const),
    kernels: fc.tuple(fc.constantFrom(1, 3, 5), fc.constantFrom(1, 3)),
    dilation: fc.integer({ min: 1, max: 3 }),
  }),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: linearStep },
  fc.record({
    kind: fc.constant("max" as const),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({ kind: fc.constant("relu" as const) }),
);

function layerOf(step: Step): Module {
  switch (step.kind) {
    case "conv": {
      const { kind: _, kernel, ...options } = step;
      return new Conv2d(2, 2, kernel, { ...options, bias: false });
    }
    case "transposed":
      return new ConvTranspose2d(2, 2, step.kernel, { stride: step.stride, bias: false });
    case "average":
      return new AvgPool2d(step.kernel, { stride: step.stride });
    case "upsample":
      return new Upsample(2, { mode: step.mode });
    case "fork": {
      const [left, right] = step.kernels.map(
        (kernel, i) =>
          new Conv2d(2, 2, kernel, {
            padding: "same",
            bias: false,
            ...(i === 0 && { dilation: step.dilation }),
          }),
      );
      return new Fork(left!, right!);
    }
    case "max":
      return new MaxPool2d(step.kernel, { stride: step.stride });
    case "relu":
      return new Residual(new ReLU());
  }
}

/** Undefined for a network that does not fit into the image. */
async function seenBy(
  steps: readonly Step[],
  side: number,
  weights: (old: number) => number,
): Promise<EffectiveField | undefined> {
  manualSeed(steps.length);
  const model = new Sequential(...steps.map(layerOf)) as Module;
  for (const parameter of model.parameters()) {
    const values = await parameter.data();
    parameter.assign(Float32Array.from(values, weights));
  }
  try {
    return await effectiveReceptiveField(model, [2, side, side], {
      count: 1,
      channels: "sum",
      backend: reference,
    });
  } catch (error) {
    if ((error as { code?: string }).code === "SHAPE") return undefined;
    throw error;
  }
}

/** Rows and columns with a gradient that is not 0. */
function lit({ values, rows, columns }: EffectiveField): [Set<number>, Set<number>] {
  const found: [Set<number>, Set<number>] = [new Set(), new Set()];
  values.forEach((value, i) => {
    if (value === 0) return;
    found[0].add(Math.floor(i / columns));
    found[1].add(i % columns);
  });
  expect(values).toHaveLength(rows * columns);
  return found;
}

function placesOf({ layer, unit }: EffectiveField, axis: number): number[] {
  const runs = fieldOf(layer.axes[axis]!, unit[axis]!);
  const places: number[] = [];
  for (let i = 0; i < runs.length; i += 2) for (let at = runs[i]!; at <= runs[i + 1]!; at++) places.push(at);
  return places;
}

describe("in random networks", () => {
  test("no gradient comes from outside the theoretical field", async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 9, max: 24 }),
        async (steps, side) => {
          const field = await seenBy(steps, side, (weight) => weight);
          if (!field) return;
          tried++;
          expect(field.outside).toBe(0);
          const [rows, columns] = lit(field);
          expect(placesOf(field, 0)).toEqual(expect.arrayContaining([...rows]));
          expect(placesOf(field, 1)).toEqual(expect.arrayContaining([...columns]));
        },
      ),
      { numRuns: cases(30, 1000) },
    );
    expect(tried).toBeGreaterThan(8);
  });

  test("without cancelling, and away from the border, it comes from all of the field and its gaps are there", async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(linearStep, { minLength: 1, maxLength: 4 }), async (steps) => {
        const field = await seenBy(steps, 36, (weight) => Math.abs(weight) + 0.1);
        // What reaches beyond the image, or near it, may see less there.
        if (!field || field.theoretical.some((range) => !range || range[0] < 6 || range[1] > 29)) return;
        tried++;
        const [rows, columns] = lit(field);
        expect([...rows].sort((a, b) => a - b)).toEqual(placesOf(field, 0));
        expect([...columns].sort((a, b) => a - b)).toEqual(placesOf(field, 1));
      }),
      { numRuns: cases(25, 1000) },
    );
    expect(tried).toBeGreaterThan(4);
  });
});

describe("the effective field", () => {
  test("of one convolution of ones is its window", async () => {
    const conv = new Conv2d(1, 1, 5, { padding: 2, bias: false });
    conv.weight.assign(new Float32Array(25).fill(1));
    const field = await effectiveReceptiveField(conv, [1, 11, 11], { count: 2 });
    expect(field).toMatchObject({ unit: [5, 5], places: 25, size: 5, ratio: 1, outside: 0, cut: false });
    expect(field.theoretical).toEqual([
      [3, 7],
      [3, 7],
    ]);
    const { mean, sigma, correlation } = field.gaussian!;
    // A uniform distribution over 5 places has variance (5² − 1) / 12.
    expect([...mean, ...sigma, correlation]).toEqual(
      [5, 5, Math.SQRT2, Math.SQRT2, 0].map((v) => expect.closeTo(v, 9)),
    );
  });

  test("of n convolutions of ones has the variance of n sums, and comes near to a normal distribution", async () => {
    const n = 8;
    const layers = Array.from({ length: n }, () => new Conv2d(1, 1, 3, { padding: 1, bias: false }));
    for (const { weight } of layers) weight.assign(new Float32Array(9).fill(1 / 9));
    const field = await effectiveReceptiveField(new Sequential(...layers) as Module, [1, 31, 31], {
      count: 1,
      backend: createWasmBackend({ precision: "exact", threads: 1 }),
    });
    expect(field.layer.axes[0]!.size).toBe(2 * n + 1);
    expect(field.outside).toBe(0);
    // One window of 3 has variance 2/3 (Luo et al., section 2.2: the widths grow with √n, their share shrinks).
    const expected = Math.sqrt((2 / 3) * n);
    expect(field.gaussian!.sigma).toEqual([expect.closeTo(expected, 4), expect.closeTo(expected, 4)]);
    expect(field.gaussian!.explained).toBeGreaterThan(0.99);
    expect(field.size).toBeLessThan(field.layer.axes[0]!.size);
  });

  test("of a given place, layer and images, along one axis too", async () => {
    manualSeed(0);
    const model = createModel("lenet5");
    const images = tensor(
      Float32Array.from({ length: 2 * 784 }, (_, i) => Math.sin(i)),
      { shape: [2, 1, 28, 28] },
    );
    const field = await effectiveReceptiveField(model, [1, 28, 28], {
      layer: "3",
      unit: [0, 9],
      images,
      measure: "squared",
    });
    expect(field).toMatchObject({ images: 2, unit: [0, 9], outside: 0, cut: true });
    expect(field.theoretical).toEqual([
      [0, 11],
      [16, 27],
    ]);
    const conv = new Conv1d(1, 2, 3, { dilation: 2 });
    conv.weight.assign(Float32Array.of(1, 2, 3, 4, 5, 6));
    const line = await effectiveReceptiveField(conv, [1, 20], { count: 1, channels: "sum" });
    expect(line).toMatchObject({ rows: 1, columns: 20, theoretical: [[8, 12]], places: 3 });
    expect(line.gaussian!.sigma[0]).toBe(0);
    const whole = await effectiveReceptiveField(model, [1, 28, 28], { layer: "11", count: 1 });
    expect(whole.theoretical).toEqual([
      [0, 27],
      [0, 27],
    ]);
  });

  test("is the same for the same seed, tells how far it is, and stops when told", async () => {
    manualSeed(0);
    const model = createModel("lenet5");
    const told: number[] = [];
    const run = (seed: number) =>
      effectiveReceptiveField(model, [1, 28, 28], { count: 3, seed, onProgress: (done) => told.push(done) });
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(first.values).toEqual(again.values);
    expect(first.values).not.toEqual(other.values);
    expect(told.slice(0, 3)).toEqual([0, 1 / 3, 2 / 3]);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(effectiveReceptiveField(model, [1, 28, 28], { signal })).rejects.toThrow("enough");
  });

  test("refuses layers and places that are not there", async () => {
    const model = createModel("lenet5");
    const at = (layer: string, unit?: number[]) =>
      effectiveReceptiveField(model, [1, 28, 28], { layer, ...(unit && { unit }) });
    await expect(at("linear")).rejects.toThrow('there is no layer "linear" that the network calls');
    await expect(at("3", [0, 10])).rejects.toThrow(
      'there is no element [0, 10] in the 10×10 of the layer "3"',
    );
    const images = tensor(new Float32Array(784), { shape: [1, 1, 14, 56] });
    await expect(effectiveReceptiveField(model, [1, 28, 28], { images })).rejects.toThrow(
      "the images are not of the input's shape",
    );
    await expect(effectiveReceptiveField(model, [784])).rejects.toThrow(
      "the input must be [C, L] or [C, H, W]",
    );
  });
});

test("a normal distribution is found again from its own values", () => {
  const given = { mean: [14.5, 20], sigma: [3, 4.5], correlation: 0.4 } as const;
  const fit = fitGaussian(densityOf(given, 40, 45), 40, 45)!;
  expect([...fit.mean, ...fit.sigma, fit.correlation]).toEqual(
    [14.5, 20, 3, 4.5, 0.4].map((v) => expect.closeTo(v, 3)),
  );
  expect(fit.explained).toBeCloseTo(1, 6);
  expect(fitGaussian(new Float64Array(4), 2, 2)).toBeUndefined();
});
