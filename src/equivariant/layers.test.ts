import { describe, expect, it } from "vitest";
import "../default-backend.ts";
import { randomize } from "../../test/onnx-networks.ts";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { valueAndGrad } from "../autograd/grad.ts";
import { reference } from "../backend/reference/reference.ts";
import { compile } from "../compiler/compile.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { Sequential } from "../nn/sequential.ts";
import { square } from "../ops/arithmetic.ts";
import { sum } from "../ops/reduce.ts";
import { SGD } from "../train/optimizers/sgd.ts";
import { check } from "./check.ts";
import { differenceOf } from "./difference.ts";
import { actOnRegular } from "./grid-action.ts";
import { cyclicGroup, dihedralGroup, elementMatrix, type Group } from "./group.ts";
import * as equivariant from "./index.ts";

const [c1, c2, c4, d1, d4] = [
  cyclicGroup(1),
  cyclicGroup(2),
  cyclicGroup(4),
  dihedralGroup(1),
  dihedralGroup(4),
];

const wave = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + i * i)),
    { shape },
  );

type Row = readonly [
  make: () => Module,
  text: string,
  input: Shape,
  output: Shape,
  state?: Record<string, Shape>,
];

const normState = (channels: number): Record<string, Shape> => ({
  weight: [channels],
  bias: [channels],
  running_mean: [channels],
  running_var: [channels],
  num_batches_tracked: [],
});

const rows: readonly Row[] = [
  [
    () => new equivariant.LiftingConv2d(c4, 3, 2, 3, { padding: 1 }),
    "LiftingConv2d(C4, 3, 2, 3, { padding: 1 })",
    [1, 3, 5, 5],
    [1, 8, 5, 5],
    { weight: [2, 3, 3, 3], bias: [2] },
  ],
  [
    () => new equivariant.GroupConv2d(d4, 1, 2, 2, { stride: 3, bias: false }),
    "GroupConv2d(D4, 1, 2, 2, { stride: 3, bias: false })",
    [1, 8, 5, 5],
    [1, 16, 2, 2],
    { weight: [2, 1, 8, 2, 2] },
  ],
  [
    () => new equivariant.GroupBatchNorm2d(c4, 2, { eps: 0.1 }),
    "GroupBatchNorm2d(C4, 2, { eps: 0.1 })",
    [2, 8, 3, 3],
    [2, 8, 3, 3],
    normState(2),
  ],
  [() => new equivariant.GroupMaxPool(c4), "GroupMaxPool(C4)", [1, 8, 3, 3], [1, 2, 3, 3]],
  [() => new equivariant.GroupAvgPool(c4), "GroupAvgPool(C4)", [2, 8], [2, 2]],
  [() => new equivariant.CosetMaxPool(d4, c2), "CosetMaxPool(D4, C2)", [1, 8, 3, 3], [1, 4, 3, 3]],
  [() => new equivariant.RestrictGroup(d4, c4), "RestrictGroup(D4, C4)", [1, 8, 3, 3], [1, 8, 3, 3]],
  [() => new equivariant.ExactMaxPool2d(c4, 2), "ExactMaxPool2d(2)", [1, 8, 6, 6], [1, 8, 3, 3]],
  [
    () => new equivariant.ExactAvgPool2d(c4, 3, { stride: 2 }),
    "ExactAvgPool2d(3, { stride: 2 })",
    [1, 8, 7, 7],
    [1, 8, 3, 3],
  ],
  [() => new equivariant.GroupDropout(c4, 0.3), "GroupDropout(C4, 0.3)", [1, 8, 3, 3], [1, 8, 3, 3]],
];

describe("a layer", () => {
  it.each(rows.map((row) => ({ text: row[1], row })))("$text", async ({ row }) => {
    const [make, text, input, output, state = {}] = row;
    const layer = make();
    expect(String(layer)).toBe(text);
    const y = layer.eval().forward(wave(...input));
    expect(y.shape).toEqual(output);
    await evaluate([y], reference);
    expect([...(await y.data())].every(Number.isFinite)).toBe(true);
    const variables = [...layer.namedParameters(), ...layer.namedBuffers()];
    expect(Object.fromEntries(variables.map(([name, { shape }]) => [name, shape]))).toEqual(state);
  });
});

/** y(p, g) = Σ_q Σ_h Σ_i ψᵢ(g⁻¹ (q − p), g⁻¹ h) xᵢ(q, h) + b without padding, term by term as the paper has it. */
function convolve(
  group: Group,
  x: { readonly data: ArrayLike<number>; readonly shape: Shape },
  weight: { readonly data: ArrayLike<number>; readonly shape: Shape },
  bias: ArrayLike<number>,
): number[] {
  const [, , extent] = x.shape as [number, number, number];
  const [outChannels, inChannels] = weight.shape as [number, number];
  const kernel = weight.shape.at(-1)!;
  const fibre = weight.shape.length === 5 ? group.order : 1;
  const size = extent - kernel + 1;
  const centre = (kernel - 1) / 2;
  const result: number[] = [];
  for (let o = 0; o < outChannels; o++) {
    for (let g = 0; g < group.order; g++) {
      const inverse = group.inverses[g]!;
      const [a, b, c, d] = elementMatrix(group, group.elements[inverse]!);
      for (let p = 0; p < size * size; p++) {
        let total = bias[o]!;
        for (let i = 0; i < inChannels; i++) {
          for (let h = 0; h < fibre; h++) {
            const from = fibre === 1 ? 0 : group.products[inverse]![h]!;
            for (let tap = 0; tap < kernel * kernel; tap++) {
              const [row, column] = [Math.floor(tap / kernel), tap % kernel];
              const [right, up] = [column - centre, centre - row];
              const filterRow = centre - (c * right + d * up);
              const filterColumn = a * right + b * up + centre;
              const w = (((o * inChannels + i) * fibre + from) * kernel + filterRow) * kernel + filterColumn;
              const at =
                ((i * fibre + h) * extent + Math.floor(p / size) + row) * extent + (p % size) + column;
              total += weight.data[w]! * x.data[at]!;
            }
          }
        }
        result.push(total);
      }
    }
  }
  return result;
}

describe("convolutions on groups are the sums of the paper", () => {
  it.each([
    ["lifting to p4m", new equivariant.LiftingConv2d(d4, 2, 3, 3), 2],
    ["on p4", new equivariant.GroupConv2d(c4, 2, 3, 3), 8],
    ["on p4m with even kernels", new equivariant.GroupConv2d(d4, 1, 2, 2), 8],
    ["on a reflection alone", new equivariant.GroupConv2d(d1, 2, 2, 3), 4],
  ] as const)("%s", async (_, layer, channels) => {
    randomize(layer, 5);
    const x = wave(1, channels, 6, 6);
    const { weight, bias } = layer;
    const expected = convolve(
      layer.group,
      { data: await x.data(), shape: x.shape },
      { data: await weight.data(), shape: weight.shape },
      await bias!.data(),
    );
    for (const backend of [reference, undefined]) {
      const y = layer.forward(x);
      await evaluate([y], backend);
      expect(compareArrays(await y.data(), expected, tolerance.kernel)).toBeUndefined();
    }
  });

  it("with C1 they are ordinary ones", async () => {
    const layer = new equivariant.GroupConv2d(c1, 2, 3, 3, { stride: 2, padding: 1 });
    randomize(layer, 1);
    const x = wave(1, 2, 6, 6);
    expect(await layer.toPlain().forward(x).data()).toEqual(await layer.forward(x).data());
    expect(await layer.toPlain().weight.data()).toEqual(await layer.weight.data());
  });

  it("start with He's variance of what one output sums up", async () => {
    const weight = Float32Array.from(await new equivariant.GroupConv2d(d4, 8, 16, 3).weight.data());
    const variance = weight.reduce((total, w) => total + w * w, 0) / weight.length;
    expect(variance / (2 / (8 * 8 * 9))).toBeCloseTo(1, 1);
  });
});

describe("maps that a stride does not fit", () => {
  const conv = new equivariant.LiftingConv2d(c4, 1, 1, 3, { stride: 2, padding: 1 });

  it("are refused with the extents that do", () => {
    expect(() => conv.forward(wave(1, 1, 8, 8))).toThrow(
      "a stride of 2 leaves out 1 of 8 rows at one border only, so the output is not equivariant to C4: " +
        "(8 + 2·1 − 3) mod 2 = 1",
    );
    expect(() => conv.forward(wave(1, 1, 8, 8))).toThrow("take 7 or 9 rows");
    expect(() => new equivariant.ExactMaxPool2d(c2, 2).forward(wave(1, 2, 5, 5))).toThrow("ExactMaxPool2d");
    expect(() => new equivariant.ExactAvgPool2d(c2, 2).forward(wave(1, 2, 5, 5))).toThrow("take 4 or 6 rows");
  });

  it("are taken where the group does not move them, or when told so", () => {
    const options = { stride: 2, padding: 1 };
    expect(conv.forward(wave(1, 1, 9, 9)).shape).toEqual([1, 4, 5, 5]);
    expect(new equivariant.LiftingConv2d(d1, 1, 1, 3, options).forward(wave(1, 1, 8, 9)).shape).toEqual([
      1, 2, 4, 5,
    ]);
    expect(() => new equivariant.LiftingConv2d(d1, 1, 1, 3, options).forward(wave(1, 1, 9, 8))).toThrow(
      "columns",
    );
    const inexact = new equivariant.LiftingConv2d(c4, 1, 1, 3, { ...options, exact: false });
    expect(inexact.forward(wave(1, 1, 8, 8)).shape).toEqual([1, 4, 4, 4]);
  });
});

it("what cannot be meant is refused", () => {
  expect(() => new equivariant.LiftingConv2d(cyclicGroup(8), 1, 1, 3)).toThrow("C8 turns by 45°");
  expect(() => new equivariant.GroupConv2d(c4, 0, 1, 3)).toThrow("GroupConv2d: inChannels");
  expect(() => new equivariant.GroupConv2d(c4, 1, 1, 3, { padding: 0.5 })).toThrow(
    "padding must be one whole number",
  );
  expect(() => new equivariant.GroupConv2d(c4, 2, 1, 3).forward(wave(1, 4, 5, 5))).toThrow(
    "input has 4 channels, not 8 (2 for each of 4 elements)",
  );
  expect(() => new equivariant.GroupBatchNorm2d(c4, 2).forward(wave(2, 6, 3, 3))).toThrow("fields on C4");
  expect(() => new equivariant.GroupBatchNorm2d(c4, 2).eval().forward(wave(2, 4, 3, 3))).toThrow(
    "1 channels, not 2",
  );
  expect(() => new equivariant.GroupMaxPool(c4).forward(wave(2, 6))).toThrow("GroupMaxPool");
  expect(() => new equivariant.CosetMaxPool(c4, d1)).toThrow("D1 is no subgroup of C4");
});

describe("in training", () => {
  it("normalization by the batch's statistics commutes with the group, and they are one for all elements", async () => {
    const layer = new equivariant.GroupBatchNorm2d(c4, 2, { trackRunningStats: false });
    const x = wave(2, 8, 3, 3);
    const y = layer.forward(x);
    for (const g of [1, 2]) {
      const expected = await actOnRegular(y, c4, g).data();
      const actual = await layer.forward(actOnRegular(x, c4, g)).data();
      expect(differenceOf(actual, expected).relative).toBeLessThan(1e-6);
    }
  });

  it("running statistics follow the batch's over all elements", async () => {
    const layer = new equivariant.GroupBatchNorm2d(c4, 1, { momentum: 1 });
    const x = wave(2, 4, 3, 3);
    await compile((input: Tensor) => layer.forward(input))(x);
    const values = [...(await x.data())];
    const mean = values.reduce((a, b) => a + b) / values.length;
    const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
    expect((await layer.runningMean!.data())[0]).toBeCloseTo(mean, 5);
    expect((await layer.runningVar!.data())[0]).toBeCloseTo(squares / (values.length - 1), 5);
  });

  it("dropout takes a channel at all elements of the group or at none", async () => {
    const layer = new equivariant.GroupDropout(c4, 0.5);
    const x = tensor(new Float32Array(16 * 40 * 4).fill(1), { shape: [16, 40, 2, 2] });
    const values = await compile((input: Tensor) => layer.forward(input))(x).then((y) => y.data());
    const fields = Array.from({ length: 160 }, (_, i) => new Set(values.subarray(16 * i, 16 * (i + 1))));
    expect(fields.every((field) => field.size === 1)).toBe(true);
    expect(new Set(fields.map((field) => [...field][0]))).toEqual(new Set([0, 2]));
  });

  it("updates keep the symmetry", async () => {
    const model = new Sequential(
      new equivariant.LiftingConv2d(d4, 1, 2, 3, { padding: 1 }),
      new equivariant.GroupBatchNorm2d(d4, 2),
      new equivariant.GroupConv2d(d4, 2, 2, 3),
    ) as Module;
    const optimizer = new SGD({ lr: 0.05 });
    const step = compile((x: Tensor) => {
      const { value, grads } = valueAndGrad(() => sum(square(model.forward(x))), model.parameters());
      optimizer.update(grads);
      return value;
    });
    const before = (await step(wave(2, 1, 7, 7))).item();
    const after = (await step(wave(2, 1, 7, 7))).item();
    expect(await after).not.toBe(await before);
    expect((await check(model, d4, [1, 7, 7])).relative).toBeLessThan(1e-5);
  });
});
