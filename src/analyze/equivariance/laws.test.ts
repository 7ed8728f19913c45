import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cases } from "../../../test/agreement.ts";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import { createWasmBackend } from "../../backend/wasm/wasm.ts";
import { compile } from "../../compiler/compile.ts";
import { Draw } from "../../core/draw.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import * as nn from "../../nn/index.ts";
import { avgPool2d } from "../../ops/avg-pool.ts";
import { conv2d } from "../../ops/conv.ts";
import { globalAvgPool } from "../../ops/global-pool.ts";
import { maxPool2d } from "../../ops/max-pool.ts";
import { pad } from "../../ops/pad.ts";
import { softmax } from "../../ops/softmax.ts";
import { resampleMaps, resamplingOf } from "./resampling.ts";
import { shift } from "./transformations.ts";

/*
 * The statements of the theory, each on random shapes and each against the definition, not against the analysis.
 */

const backend = createWasmBackend({ precision: "exact" });

/** A map of one sample: values [C, H, W]. */
interface Map3 {
  readonly values: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

const random = (draw: Draw, channels: number, height: number, width: number): Map3 => ({
  values: Float32Array.from({ length: channels * height * width }, () => draw.float(-1, 1)),
  channels,
  height,
  width,
});

const asTensor = ({ values, channels, height, width }: Map3): Tensor =>
  tensor(values, { shape: [1, channels, height, width] });

/** Runs a function of one image on several images, in one program. */
async function runAll(f: (x: Tensor) => Tensor, ...maps: readonly Map3[]): Promise<Map3[]> {
  const run = compile((x: Tensor) => f(x), { backend });
  const results: Map3[] = [];
  for (const map of maps) {
    const y = await run(asTensor(map));
    const [, channels, height = 1, width = 1] = y.shape as [number, number, number?, number?];
    results.push({ values: (await y.data()) as Float32Array, channels, height, width });
  }
  return results;
}

/** (T x)[i, j] = x[i − dy, j − dx], indices on a circle. */
function moved(map: Map3, dy: number, dx: number): Map3 {
  const { values, channels, height, width } = map;
  const wrap = (i: number, n: number): number => ((i % n) + n) % n;
  const out = Float32Array.from({ length: channels * height * width }, (_, p) => {
    const [c, i, j] = [Math.floor(p / (height * width)), Math.floor(p / width) % height, p % width];
    return values[(c * height + wrap(i - dy, height)) * width + wrap(j - dx, width)]!;
  });
  return { ...map, values: out };
}

const law = (runs: number, property: (draw: Draw) => Promise<void>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.nat(1e9), (seed) => property(new Draw(seed))),
    { numRuns: cases(runs) },
  );

/** Draws a convolution with circular padding that keeps the extents for stride 1. */
function drawCircular(draw: Draw, stride: number) {
  const [kernel, height, width] = [draw.pick([1, 3, 5]), stride * draw.int(3, 7), stride * draw.int(3, 7)];
  const [channels, filters] = [draw.int(1, 4), draw.int(1, 5)];
  const { values } = random(draw, filters * channels, kernel, kernel);
  const weight = tensor(values, { shape: [filters, channels, kernel, kernel] });
  const f = (x: Tensor): Tensor =>
    conv2d(x, weight, { padding: (kernel - 1) / 2, paddingMode: "circular", stride });
  return { f, kernel, x: random(draw, channels, height, width) };
}

describe("convolution", () => {
  test("with circular padding commutes with every circular shift, bit for bit", () =>
    law(12, async (draw) => {
      const { f, x } = drawCircular(draw, 1);
      const [dy, dx] = [draw.int(-9, 9), draw.int(-9, 9)];
      const [y, ofMoved] = await runAll(f, x, moved(x, dy, dx));
      expect(ofMoved!.values).toEqual(moved(y!, dy, dx).values);
    }));

  test("with stride 2 commutes with even shifts, bit for bit, and with no odd one", () =>
    law(8, async (draw) => {
      const { f, x } = drawCircular(draw, 2);
      const half = draw.int(-4, 4);
      const [y, even, odd] = await runAll(f, x, moved(x, 2 * half, 0), moved(x, 0, 2 * half + 1));
      expect(even!.values).toEqual(moved(y!, half, 0).values);
      for (const by of [half, half + 1]) expect(odd!.values).not.toEqual(moved(y!, 0, by).values);
    }));

  test("without padding commutes wherever no window crosses the border", () =>
    law(8, async (draw) => {
      const [kernel, extent] = [draw.int(1, 4), draw.int(8, 12)];
      const weight = tensor(random(draw, 6, kernel, kernel).values, { shape: [3, 2, kernel, kernel] });
      const x = random(draw, 2, extent, extent);
      const by = draw.int(1, 3);
      const [y, ofMoved] = await runAll((image) => conv2d(image, weight), x, moved(x, by, 0));
      const rows = extent - kernel + 1;
      const inside = (map: Map3, from: number): number[] =>
        Array.from({ length: 3 }, (_, c) => [
          ...map.values.slice((c * rows + from) * rows, (c * rows + from + rows - by) * rows),
        ]).flat();
      expect(inside(ofMoved!, by)).toEqual(inside(y!, 0));
    }));

  test("of 1×1, and what acts on single values, commute with every permutation of the positions", () =>
    law(8, async (draw) => {
      const [channels, height, width] = [draw.int(1, 5), draw.int(2, 8), draw.int(2, 8)];
      const layers = new nn.Sequential(new nn.Conv2d(channels, 4, 1), new nn.GELU(), new nn.BatchNorm2d(4));
      layers.eval();
      const order = Array.from({ length: height * width }, (_, i) => i).sort(() => draw.unit() - 0.5);
      const permuted = (map: Map3): Map3 => ({
        ...map,
        values: map.values.map((_, p) => map.values[p - (p % order.length) + order[p % order.length]!]!),
      });
      const x = random(draw, channels, height, width);
      const [y, ofPermuted] = await runAll((image) => layers.forward(image), x, permuted(x));
      expect(ofPermuted!.values).toEqual(permuted(y!).values);
    }));
});

describe("pooling", () => {
  test("by the maximum does not change while the largest stays in its window, and changes when it leaves", () =>
    law(10, async (draw) => {
      const [kernel, windows] = [draw.int(2, 4), draw.int(2, 4)];
      const extent = kernel * windows;
      const [row, column] = [draw.int(0, extent - 1), draw.int(0, extent - 1)];
      const dot = (at: number): Map3 => {
        const values = new Float32Array(extent * extent);
        values[row * extent + at] = 1;
        return { values, channels: 1, height: extent, width: extent };
      };
      const to = draw.int(0, extent - 1);
      const [before, after] = await runAll((x) => maxPool2d(x, kernel), dot(column), dot(to));
      const stays = Math.floor(to / kernel) === Math.floor(column / kernel);
      expect(before!.values.join() === after!.values.join()).toBe(stays);
    }));

  test("by the mean changes by at most t/k of the range of values for a shift by t", () =>
    law(10, async (draw) => {
      const kernel = draw.int(2, 5);
      const x = random(draw, 2, kernel * draw.int(2, 4), kernel * draw.int(2, 4));
      const by = draw.int(1, kernel - 1);
      const [y, ofMoved] = await runAll((image) => avgPool2d(image, kernel), x, moved(x, 0, by));
      const range = Math.max(...x.values) - Math.min(...x.values);
      const largest = Math.max(...y!.values.map((value, i) => Math.abs(value - ofMoved!.values[i]!)));
      expect(largest).toBeGreaterThan(0);
      expect(largest).toBeLessThanOrEqual((by / kernel) * range * (1 + 1e-6));
    }));

  test("over all positions is invariant to circular shifts, to rounding", () =>
    law(8, async (draw) => {
      const x = random(draw, draw.int(1, 6), draw.int(2, 12), draw.int(2, 12));
      const [y, ofMoved] = await runAll(
        (image) => globalAvgPool(image),
        x,
        moved(x, draw.int(1, 5), draw.int(-5, 5)),
      );
      expect(compareArrays(ofMoved!.values, y!.values, tolerance.kernel)).toBeUndefined();
    }));
});

test("a network of convolution, pooling and a linear layer is neither equivariant nor invariant", () =>
  law(5, async (draw) => {
    nn.manualSeed(draw.int(0, 1e6));
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1, paddingMode: "circular" }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(64, 16),
    );
    const x = random(draw, 1, 8, 8);
    const [y, ofMoved] = await runAll((image) => model.forward(image), x, moved(x, 2, 0));
    const changes = y!.values.filter((value, i) => Math.abs(value - ofMoved!.values[i]!) > 1e-3).length;
    expect(changes).toBeGreaterThan(8);
    // Nor are its outputs, laid out as a map, those of the first image moved.
    const map = (values: Float32Array): Map3 => ({ values, channels: 1, height: 4, width: 4 });
    for (let dy = 0; dy < 4; dy++) {
      for (let dx = 0; dx < 4; dx++) {
        const expected = moved(map(y!.values), dy, dx).values;
        expect(ofMoved!.values.some((value, i) => Math.abs(value - expected[i]!) > 1e-3)).toBe(true);
      }
    }
  }));

test("sums over windows and channels come in one order at every position", () =>
  law(12, async (draw) => {
    const [channels, height, width] = [draw.int(1, 9), draw.int(8, 14), draw.int(8, 14)];
    const x = random(draw, channels, height, width);
    const filters = tensor(random(draw, channels, 3, 3).values, { shape: [channels, 1, 3, 3] });
    const one = tensor(random(draw, channels, 3, 3).values, { shape: [1, channels, 3, 3] });
    const same = { padding: 1, paddingMode: "circular" } as const;
    const f = draw.pick<(x: Tensor) => Tensor>([
      (image) => conv2d(image, filters, { ...same, groups: channels }),
      (image) => conv2d(image, one, same),
      (image) => avgPool2d(pad(image, [1, 1, 1, 1], { mode: "circular" }), 3, { stride: 1 }),
      (image) => softmax(image, 1),
    ]);
    const [dy, dx] = [draw.int(-7, 7), draw.int(-7, 7)];
    const [y, ofMoved] = await runAll(f, x, moved(x, dy, dx));
    expect(ofMoved!.values).toEqual(moved(y!, dy, dx).values);
  }));

test("shifts on a circle are the analysis' own", () =>
  law(10, async (draw) => {
    const x = random(draw, 2, draw.int(2, 6), draw.int(2, 6));
    const [dy, dx] = [draw.int(-7, 7), draw.int(-7, 7)];
    const { height, width } = x;
    const grid = { height, width, step: [1, 1] as const, image: [height, width] as const };
    const resampling = resamplingOf(shift(dy, dx, { circular: true }), grid);
    expect(resampleMaps(x.values, resampling)).toEqual(moved(x, dy, dx).values);
  }));
