import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { type AnyOp, allOps, apply } from "../src/core/op.ts";
import type { Tensor } from "../src/core/tensor.ts";
import "../src/index.ts";
import { exportOnnx } from "../src/onnx/index.ts";
import { cases } from "./agreement.ts";
import { drawExample, valuesOf } from "./conformance-tools.ts";
import { runOnnx } from "./onnx-runtime.ts";
import { compareArrays, tolerance } from "./tolerance.ts";

/** Operations that no exported network can contain, and why. */
const impossible: Readonly<Record<string, string>> = {
  convWeightGrad: "made by a gradient only",
  convWeightGradParts: "made by the compiler only, of a gradient",
  interleave: "made by the compiler only",
  pack: "made by the compiler only",
  fourierOutputs: "made by the compiler only",
  fourierSlices: "made by the compiler only",
  winogradSlices: "made by the compiler only",
  winogradFilterGradient: "made by the compiler only, of a gradient",
  randomBits: "another runtime would draw other numbers: refused with that reason",
  bitsToUnit: "only ever applied to random bits",
};

const rounds = cases(8, 200);

/** All examples of an op as one network, so that the runtime prepares one model for each op. */
async function exportExamples(op: AnyOp): Promise<void> {
  const drawn = Array.from({ length: rounds }, (_, seed) => drawExample(op, seed, "float32"));
  const operands = drawn.flatMap(({ inputs }, e) => inputs.map((t, i) => [`x${e}_${i}`, t] as const));
  const network = (...xs: Tensor[]): Tensor[] => {
    let next = 0;
    return drawn.map(({ inputs, example }) =>
      apply(
        op,
        inputs.map(() => xs[next++]!),
        example.attrs,
      ),
    );
  };
  const inputs = operands.map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  const results = await runOnnx(await exportOnnx(network, inputs), Object.fromEntries(operands));
  for (const [e, { output, example }] of drawn.entries()) {
    const [expected] = await valuesOf([output], reference);
    const actual = results.get(`output_${e}`)!;
    const what = `seed ${e}: ${JSON.stringify(example)}`;
    expect([actual.shape, actual.dtype], what).toEqual([output.shape, output.dtype]);
    expect(compareArrays(actual.data, expected!, tolerance.kernel), what).toBeUndefined();
  }
}

describe("onnxruntime computes what the reference does", () => {
  test.each(allOps().map((op) => [op.name, op] as const))("%s", async (name, op) => {
    if (!(name in impossible)) return exportExamples(op);
    const words = name === "randomBits" ? "draws random numbers" : `${name} has no counterpart in ONNX`;
    await expect(exportExamples(op)).rejects.toThrow(words);
  });

  test("the list of what is impossible names no op that is not there", () => {
    const names = allOps().map(({ name }) => name);
    expect(Object.keys(impossible).filter((name) => !names.includes(name))).toEqual([]);
  });
});
