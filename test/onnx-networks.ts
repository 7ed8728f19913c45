import { expect } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { Draw } from "../src/core/draw.ts";
import type { DType } from "../src/core/dtype.ts";
import type { Shape } from "../src/core/shape.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { leavesOf } from "../src/core/tree.ts";
import type { Module } from "../src/nn/module.ts";
import { type Exportable, exportOnnx, importOnnx, type OnnxOptions } from "../src/onnx/index.ts";
import { fill, valuesOf } from "./conformance-tools.ts";
import { runOnnx } from "./onnx-runtime.ts";
import { compareArrays, type Tolerance, tolerance } from "./tolerance.ts";

/** Gives every parameter and statistic a value that makes a difference. */
export function randomize(model: Module, seed: number): void {
  const draw = new Draw(seed);
  for (const [path, variable] of [...model.namedParameters(), ...model.namedBuffers()]) {
    if (variable.dtype !== "float32") continue;
    const range = path.endsWith("running_var") ? ([0.5, 2] as const) : ([-1, 1] as const);
    variable.assign(fill({ shape: variable.shape, range }, draw, "float32"));
  }
}

export interface Operand {
  readonly shape: Shape;
  readonly dtype?: DType;
  readonly range?: readonly [low: number, high: number];
}

/**
 * Exports a network, and fails where onnxruntime, or the network that is imported again, computes something else than
 * the reference does.
 */
export async function expectSameInRuntime(
  network: Exportable,
  operands: readonly Operand[],
  {
    batch,
    allowed = tolerance.kernel,
    ...options
  }: OnnxOptions & { batch?: number; allowed?: Tolerance } = {},
): Promise<void> {
  const inputs = operands.map(({ shape, dtype = "float32" }, i) => ({ shape, dtype, name: `x${i}` }));
  const model = await exportOnnx(network, inputs, options);
  const draw = new Draw(7);
  const given = operands.map((operand) => {
    const shape = batch === undefined ? operand.shape : operand.shape.with(0, batch);
    return fill({ ...operand, shape }, draw, "float32");
  });
  const call = typeof network === "function" ? network : (...xs: Tensor[]) => forward(network, xs);
  const expected = leavesOf(call(...given));
  const values = await valuesOf(expected, reference);
  const named = Object.fromEntries(given.map((x, i) => [`x${i}`, x]));
  const again = Object.values(importOnnx(model).run(named));
  expect(again.map(String)).toEqual(expected.map(String));
  const imported = await valuesOf(again, reference);
  const results = [...(await runOnnx(model, named)).values()];
  expect(results.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  results.forEach(({ data }, i) => {
    expect(compareArrays(data, values[i]!, allowed), `output ${i}`).toBeUndefined();
    expect(compareArrays(imported[i]!, values[i]!, allowed), `output ${i}, imported`).toBeUndefined();
  });
}

function forward(model: Module, inputs: readonly Tensor[]): Tensor {
  return (model.eval().forward as (...xs: Tensor[]) => Tensor)(...inputs);
}
