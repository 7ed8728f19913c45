import { describe, expect, test } from "vitest";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import { Draw } from "../src/core/draw.ts";
import { ShapeError } from "../src/core/errors.ts";
import { type Shape, sizeOf } from "../src/core/shape.ts";
import { Tensor } from "../src/core/tensor.ts";
import "../src/index.ts";
import { listModels, type ModelEntry } from "../src/models/index.ts";
import type { Module } from "../src/nn/module.ts";
import { manualSeed } from "../src/nn/random.ts";
import { exportOnnx } from "../src/onnx/index.ts";
import { slow } from "./agreement.ts";
import { fill } from "./conformance-tools.ts";
import { runOnnx } from "./onnx-runtime.ts";

/** ‖a − b‖ / ‖b‖ of a whole network's outputs, computed by two engines in single precision. */
const relativeNorm = 1e-4;

/** What runs without FOVEA_SLOW: learned numbers, and multiply-accumulates for one (reduced) image. */
const quick = { parameters: 4e6, macs: 4e7 };

/** Learned numbers in 2 GiB. */
const largest = 2 ** 29;

const batch = 2;

/** Sides of images that are tried before the network's own, which takes longer. */
const sides = [32, 64, 96, 128];

/** More modules than this are called a deep network. */
const deep = 1000;

/** The smallest input that the network takes. */
function smallInput({ inputShape, create }: ModelEntry): Shape {
  const [channels, height, width] = inputShape;
  if (inputShape.length !== 3 || height !== width) return inputShape;
  const model = create().eval();
  const takes = (side: number): boolean => {
    try {
      model.forward(Tensor.input({ shape: [batch, channels!, side, side], dtype: "float32" }));
      return true;
    } catch (error) {
      if (error instanceof ShapeError) return false;
      throw error;
    }
  };
  const side = sides.find((each) => each < height! && takes(each)) ?? height!;
  return [channels!, side, side];
}

/**
 * Vectors start as zeros and ones, so that a mistake about them would not be seen: they become numbers of that size.
 */
function disturb(model: Module): void {
  const draw = new Draw(1);
  // What hundreds of residual branches add up to stays within single precision.
  const scales = model.namedModules().size > deep ? ([0.05, 0.15] as const) : ([0.5, 1.5] as const);
  for (const [path, variable] of [...model.namedParameters(), ...model.namedBuffers()]) {
    const { shape, dtype } = variable;
    const isVector = sizeOf(shape) === Math.max(...shape);
    if (dtype !== "float32" || !isVector) continue;
    const isScale = /(weight|running_var)$/.test(path);
    variable.assign(fill({ shape, range: isScale ? scales : [-0.1, 0.6] }, draw, "float32"));
  }
}

async function differenceOf(entry: ModelEntry, input: Shape): Promise<number> {
  manualSeed(0);
  const model = entry.create().eval();
  disturb(model);
  const bytes = await exportOnnx(model, [1, ...input], { dynamicBatch: true });
  const images = fill({ shape: [batch, ...input] }, new Draw(2), "float32");
  const y = model.forward(images);
  // A backend of its own, whose programs and their weights go with it.
  await evaluate([y], createWasmBackend({ threads: 1 }));
  const expected = await y.data();
  const { output } = Object.fromEntries(await runOnnx(bytes, { input: images }));
  expect(output!.shape).toEqual(y.shape);
  const norm = (values: ArrayLike<number>): number => {
    let squares = 0;
    for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
    return Math.sqrt(squares);
  };
  expect(norm(expected)).toBeGreaterThan(0);
  return norm(expected.map((value, i) => value - output!.data[i]!)) / norm(expected);
}

/** The smallest network of each paper, if it is small. */
const small = [
  ...new Map(
    listModels()
      .toSorted((a, b) => b.parameters - a.parameters)
      .map((entry) => [entry.paper, entry]),
  ).values(),
].filter(({ parameters }) => parameters < quick.parameters);

describe("onnxruntime computes what the network does (FOVEA_SLOW=1: also the large ones)", () => {
  test.for(slow ? listModels() : small)("$name", { timeout: 600_000 }, async (entry, { skip }) => {
    skip(entry.parameters > largest, "does not fit into one ONNX file: exportOnnx says so");
    const input = smallInput(entry);
    const macs = (entry.macs * sizeOf(input)) / sizeOf(entry.inputShape);
    skip(!slow && macs > quick.macs, "takes longer than others: FOVEA_SLOW=1 runs it");
    expect(await differenceOf(entry, input)).toBeLessThan(relativeNorm);
  });
});
