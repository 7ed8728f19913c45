import { describe, expect, test } from "vitest";
import { createWasmBackend } from "../../backend/wasm/wasm.ts";
import { ShapeError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import * as nn from "../../nn/index.ts";
import { conv2d } from "../../ops/conv.ts";
import { randomFields } from "../random-fields.ts";
import { type EquivarianceOptions, equivariance, type LayerEquivariance } from "./equivariance.ts";
import {
  reflect,
  rotate,
  rotate90,
  shift,
  squareSymmetries,
  type Transformation,
} from "./transformations.ts";

const backend = createWasmBackend({ precision: "exact", threads: 1 });

/** One layer's measurement on an image of 2 channels. */
async function measured(
  layer: nn.Module,
  transformation: Transformation,
  extents: readonly [number, number] = [12, 12],
): Promise<LayerEquivariance> {
  const images = randomFields(1, [2, ...extents], 3);
  const options = { transformations: [transformation], layers: [""], backend };
  const [report] = await equivariance(layer, images, options);
  return report!.layers[0]!;
}

const conv = (options: Record<string, unknown> = {}): nn.Module => {
  nn.manualSeed(1);
  return new nn.Conv2d(2, 3, 3, { padding: 1, ...options });
};
/** Four convolutions, two of them with a stride. */
function small(): nn.Module {
  nn.manualSeed(5);
  return new nn.Sequential(
    new nn.Conv2d(3, 6, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.Conv2d(6, 6, 3, { padding: 1, stride: 2 }),
    new nn.ReLU(),
    new nn.Conv2d(6, 6, 3, { padding: 1, stride: 2 }),
    new nn.ReLU(),
    new nn.GlobalAvgPool(),
  );
}
const circle = { circular: true };

describe("verdicts of single layers", () => {
  // biome-ignore format: a table
  const rows: readonly (readonly [name: string, layer: nn.Module, transformation: Transformation, verdict: string, interior: number])[] = [
    ["circular padding, circular shift", conv({ paddingMode: "circular" }), shift(1, -2, circle), "exact", 1],
    ["circular padding, shift", conv({ paddingMode: "circular" }), shift(1, 0), "exact, but for the border", 9 / 12],
    ["zeros, circular shift", conv(), shift(1, 0, circle), "exact, but for the border", 9 / 12],
    ["zeros, shift", conv(), shift(0, 3), "exact, but for the border", 7 / 12],
    ["no padding, shift", conv({ padding: 0 }), shift(0, 3), "exact", 7 / 10],
    ["reflected border", conv({ paddingMode: "reflect" }), shift(1, 0), "exact, but for the border", 9 / 12],
    ["dilation", conv({ padding: 2, dilation: 2 }), shift(1, 0), "exact, but for the border", 7 / 12],
    ["stride 2, even", conv({ stride: 2, paddingMode: "circular" }), shift(2, 4, circle), "exact", 1],
    ["stride 2, odd", conv({ stride: 2, paddingMode: "circular" }), shift(2, 1, circle), "only for shifts divisible by 2", 1],
    ["stride 3 one way", conv({ stride: [1, 3], paddingMode: "circular" }), shift(1, 1, circle), "only for shifts divisible by (1, 3)", 1],
    ["max pooling", new nn.MaxPool2d(2), shift(2, 0, circle), "exact", 1],
    ["blur pooling", new nn.BlurPool2d(2), shift(1, 0, circle), "only for shifts divisible by 2", 3 / 6],
    ["nearest enlargement", new nn.Upsample(2), shift(1, 0, circle), "exact", 1],
    ["enlargement of halves", new nn.Sequential(new nn.MaxPool2d(2), new nn.Upsample(2)), shift(1, 0, circle), "only for shifts divisible by 2", 1],
    ["transposed", new nn.ConvTranspose2d(2, 1, 2, { stride: 2 }), shift(1, 1, circle), "exact", 1],
    ["global mean, circular", new nn.GlobalAvgPool(), shift(5, 1, circle), "invariant, to rounding", 1],
    ["global maximum, circular", new nn.GlobalMaxPool(), shift(5, 1, circle), "invariant", 1],
    ["global mean, shift", new nn.GlobalAvgPool(), shift(5, 1), "approximate: border effects are pooled into every position", 1],
    ["global mean behind zeros", new nn.Sequential(conv(), new nn.GlobalAvgPool()), shift(1, 0, circle), "approximate: border effects are pooled into every position", 1],
    ["instance norm", new nn.InstanceNorm2d(2), shift(1, 0, circle), "exact to rounding", 1],
    ["layer norm of positions", new nn.LayerNorm([12, 12]), shift(1, 0, circle), "exact to rounding", 1],
    ["adaptive pooling of other sizes", new nn.AdaptiveAvgPool2d(5), shift(1, 0, circle), "not equivariant: windows of different sizes lie over the axis", 1],
    ["flatten", new nn.Flatten(), shift(1, 0, circle), "not equivariant: reshape joins the 12 positions of an axis with others", 1],
    ["filters as they come", conv(), reflect(), "not equivariant: its 3×3 filters are not symmetric", 1],
    ["1×1 filters", new nn.Conv2d(2, 2, 1), rotate90(), "exact", 1],
    ["max pooling, centred", new nn.MaxPool2d(2), rotate90(3), "exact", 1],
    ["max pooling, off centre", new nn.MaxPool2d(3, { stride: 2 }), reflect("vertical"), "not equivariant: its windows do not lie symmetrically over the rows", 1],
    ["mean pooling", new nn.AvgPool2d(3, { stride: 1, padding: 1 }), rotate90(), "exact to rounding", 1],
    ["symmetric filters", new nn.BlurPool2d(2, { kernelSize: 3, stride: 1, paddingMode: "zeros" }), squareSymmetries()[5]!, "exact to rounding", 1],
    ["a nonlinearity, interpolated", new nn.ReLU(), rotate(10), "approximate: pixels are interpolated", 88 / 144],
    ["filters, interpolated", conv(), rotate(10), "not equivariant: its 3×3 filters are not symmetric", 88 / 144],
  ];

  test.each(rows)("%s", async (_, layer, transformation, verdict, interior) => {
    const result = await measured(layer, transformation);
    expect(result.verdict.text).toBe(verdict);
    expect(result.interiorShare).toBeCloseTo(interior, 9);
    const { kind, rounding } = result.verdict;
    if (kind === "exact" && !rounding) expect(result.interiorError).toBe(0);
    if (kind === "stride" || kind === "none" || kind === "approximate")
      expect(result.error).toBeGreaterThan(1e-3);
    if (verdict.includes("border")) expect(result.error).toBeGreaterThan(1e-3);
  });
});

describe("equivariance", () => {
  const transformations = [shift(0, 2), shift(1, 0, circle)];

  test("one layer after another, with the border's way through the network", async () => {
    const model = new nn.Sequential(
      conv(),
      new nn.ReLU(),
      new nn.Conv2d(3, 3, 3, { padding: 1 }),
      new nn.MaxPool2d(2),
    );
    const [first] = await equivariance(model, randomFields(2, [2, 12, 12]), { transformations, backend });
    expect(first!.layers.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "0 Conv2d",
      "1 ReLU",
      "2 Conv2d",
      "3 MaxPool2d",
    ]);
    // Each convolution loses a column at both sides, and the shift two; a window of the pooling needs both of its columns.
    expect(first!.layers.map(({ interiorShare }) => Math.round(12 * interiorShare))).toEqual([8, 8, 6, 6]);
    expect(first!.layers.map(({ interiorError }) => interiorError)).toEqual([0, 0, 0, 0]);
    // Zeros that come in are like zeros of the padding, until a bias tells them apart: at the left one column holds more.
    const { values, width } = first!.layers[2]!.errorMap;
    const columns = Array.from({ length: width }, (_, x) => values[6 * width + x]!);
    expect(columns.map((error) => (Number.isNaN(error) ? " " : error === 0 ? "." : "#")).join("")).toBe(
      "  #.......##",
    );
  });

  test("measures the same alone, together, and in any number of images", async () => {
    const model = small();
    const images = randomFields(2, [3, 16, 16], 1);
    const all = await equivariance(model, images, { transformations, backend });
    const alone = await equivariance(model, images, { transformations, backend, layers: ["4"] });
    for (const [t, report] of all.entries()) {
      const found = report.layers.find(({ name }) => name === "4");
      expect(alone[t]!.layers).toEqual([found]);
      expect(alone[t]!.invarianceError).toBe(report.invarianceError);
    }
  });

  test("tells how often the largest output stays", async () => {
    /** Tells which of two columns is brighter. */
    class Brighter extends nn.Module {
      forward(x: Tensor): Tensor {
        return new nn.Flatten().forward(new nn.AvgPool2d([4, 2]).forward(x));
      }
    }
    const [left, right] = [
      [1, 0],
      [0, 1],
    ].map((row) => Array.from({ length: 16 }, (_, i) => row[Math.floor((i % 4) / 2)]!));
    const { tensor } = await import("../../core/tensor.ts");
    const images = tensor(Float32Array.from([...left!, ...right!]), { shape: [2, 1, 4, 4] });
    const [still, far] = await equivariance(new Brighter(), images, {
      transformations: [shift(1, 0, circle), shift(0, 2, circle)],
      backend,
    });
    expect([still!.consistency, still!.invarianceError]).toEqual([1, 0]);
    expect(far!.consistency).toBe(0);
    expect(far!.invarianceError).toBeCloseTo(Math.SQRT2, 6);
  });

  test("blurs buy some of what aliasing takes", async () => {
    const images = randomFields(2, [3, 16, 16], 2);
    const errorOf = async (blurred: boolean): Promise<number> => {
      const model = small();
      if (blurred) nn.antialias(model, [1, 3, 16, 16], { kernelSize: 3 });
      const [report] = await equivariance(model, images, { transformations: [shift(1, 1, circle)], backend });
      return report!.invarianceError;
    };
    expect(await errorOf(true)).toBeLessThan(0.7 * (await errorOf(false)));
  });

  test("weights that come from the image have no law that is known", async () => {
    class Dynamic extends nn.Module {
      forward(x: Tensor): Tensor {
        return conv2d(x, x, { padding: 1 });
      }
    }
    const { verdict } = await measured(new Dynamic(), shift(1, 0), [3, 3]).catch((error) => ({
      verdict: error,
    }));
    expect(verdict.text ?? String(verdict)).toContain("weights from the image");
  });

  test("reports progress, and stops where it is told to", async () => {
    const model = small();
    const images = randomFields(2, [3, 16, 16]);
    const told: number[] = [];
    const controller = new AbortController();
    const options: EquivarianceOptions = {
      transformations,
      backend,
      signal: controller.signal,
      onProgress: (done) => {
        told.push(done);
        if (told.length === 2) controller.abort();
      },
    };
    await expect(equivariance(model, images, options)).rejects.toThrow("aborted");
    expect(told).toEqual([1 / 6, 2 / 6]);
  });

  test("names what does not fit", async () => {
    const model = small();
    const images = randomFields(1, [3, 16, 16]);
    await expect(equivariance(model, images, { transformations, layers: ["42"] })).rejects.toThrow(
      'there is no layer "42" that the network calls',
    );
    await expect(measured(new nn.ReLU(), rotate90(), [8, 12])).rejects.toThrow(ShapeError);
    await expect(measured(new nn.ReLU(), rotate90(), [8, 12])).rejects.toThrow(
      "the grid cannot carry it: a quarter turn takes 8×12 positions to 12×8",
    );
    expect((await measured(new nn.ReLU(), rotate90(2), [8, 12])).error).toBe(0);
    expect(() => shift(0.5, 0)).toThrow("a shift is by whole pixels, not (0.5, 0)");
  });
});
