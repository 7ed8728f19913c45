import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import { tensor } from "../src/core/tensor.ts";
import { importOnnx, OnnxError, supportedOperators } from "../src/onnx/index.ts";
import {
  numbersIn,
  type OnnxCase,
  onnxCases,
  onnxData,
  operatorsOf,
  parseCase,
  readTensorFile,
  runCase,
  sameKind,
  toleranceOf,
} from "./onnx-cases.ts";
import { compareArrays, type Tolerance, tolerance } from "./tolerance.ts";

const cases = onnxCases();
const absent = cases.length === 0 ? `, skipped without ${onnxData}` : "";

/** The cases that docs/onnx.md is about. */
const counted = 960;

/** Cases whose expected values are written out with four digits. */
const fourDigits: Tolerance = { relative: 2e-4, absolute: 0 };
const roughly = /averagepool_2d_ceil_last_window|roialign/;

/** What is known not to work where nothing is thrown, and why. */
const wrong: readonly (readonly [cases: RegExp, reason: string])[] = [
  [/test_training_dropout(_default)?(_mask)?$/, "what is dropped is drawn by NumPy's generator"],
];

/** "yes", or why a case is not computed. */
const outcomes = new Map<OnnxCase, string>();

async function outcomeOf(each: OnnxCase): Promise<string> {
  const file = parseCase(each);
  const run = (): ReturnType<typeof runCase> | string => {
    try {
      return runCase(each, file);
    } catch (error) {
      if (error instanceof OnnxError) return error.reason;
      throw error;
    }
  };
  const result = run();
  if (typeof result === "string") return result;
  await evaluate(
    result.outputs.map(({ actual }) => actual),
    result.backend,
  );
  for (const { expected, actual } of result.outputs) {
    expect(actual.shape).toEqual(expected.shape);
    expect(sameKind(expected, actual)).toBe(true);
    const allowed = roughly.test(each.name) ? fourDigits : toleranceOf(expected.type);
    const problem = compareArrays(await actual.data(), numbersIn(expected), allowed);
    const reason = wrong.find(([names]) => names.test(each.name))?.[1];
    if (problem !== undefined && reason !== undefined) return reason;
    expect(problem, each.name).toBeUndefined();
  }
  return "yes";
}

describe.skipIf(cases.length === 0)(`the conformance cases of ONNX${absent}`, () => {
  test.each(cases.map((each) => [each.name, each] as const))("%s", async (_, each) => {
    const outcome = await outcomeOf(each);
    outcomes.set(each, outcome);
    if (outcome !== "yes") expect(outcome).toMatch(/not supported|NumPy/);
  });

  test.skipIf(cases.length !== counted)(
    `docs/onnx.md counts them (skipped unless there are ${counted})`,
    async () => {
      const tally = new Map<string, { passed: number; all: number }>();
      for (const [each, outcome] of outcomes) {
        for (const name of operatorsOf(parseCase(each))) {
          const { passed, all } = tally.get(name) ?? { passed: 0, all: 0 };
          tally.set(name, { passed: passed + Number(outcome === "yes"), all: all + 1 });
        }
      }
      const passed = [...outcomes.values()].filter((outcome) => outcome === "yes").length;
      const supported = new Set(supportedOperators());
      const without = [...supported].filter((name) => !tally.has(name));
      const reasons = new Map<string, string[]>();
      for (const [{ name }, outcome] of outcomes) {
        if (outcome !== "yes") reasons.set(outcome, [...(reasons.get(outcome) ?? []), name]);
      }
      const page = [
        "# ONNX import",
        "",
        "`importOnnx(bytes)` of `fovea/onnx` makes a module of a file: `forward(x)` for one input and one output,",
        "`run({ name: x })` for more. Real initializers are parameters under their names in the file, so that the network",
        "can be trained further: `train()` turns on dropout and the batch's own statistics. Whole numbers, scalars and",
        "operators' settings stay constants.",
        "",
        "Shapes are computed while the graph is built, and so is all arithmetic on them; what decides about shapes must",
        "follow from the file, from shapes, or from values that are given outside of a compiled function. Real numbers are",
        "computed in float32 and rounded to half precision where the file casts to it or puts it out; whole numbers of all",
        "widths are computed in int32. The batch may be another than the one that a file has written into it.",
        "",
        "Not supported, each with an error that names the node: texts, sequences and optional values, loops, sparse tensors,",
        "complex numbers and 8-bit floats.",
        "",
        "## Conformance",
        "",
        "The conformance cases of ONNX 1.22 on the WebAssembly backend, as the tests find them; those with float64 numbers",
        "that float32 has not run on the reference backend, where float64 tensors stay what they are.",
        "Made by `npx vitest run test/onnx-conformance.test.ts -u`.",
        "",
        `${passed} of ${outcomes.size} cases give the expected outputs. By operator (a case counts for each operator in it):`,
        "",
        "| operator | cases that pass | of |",
        "| --- | --- | --- |",
        ...[...tally]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, t]) => `| ${name} | ${t.passed} | ${t.all} |`),
        "",
        "Operators that are there without a case:",
        `${without.join(", ")}.`,
        "",
        "Cases that do not pass, by reason:",
        "",
        ...[...reasons].sort().map(([reason, names]) => `- ${reason}: ${names.sort().join(", ")}`),
        "",
      ].join("\n");
      await expect(page).toMatchFileSnapshot("../docs/onnx.md");
    },
  );
});

const light = join(onnxData, "light");
const networks = existsSync(light) ? readdirSync(light).filter((name) => name.endsWith(".onnx")) : [];

describe.skipIf(networks.length === 0)(`whole networks of ONNX${absent}`, () => {
  test.each(networks)("%s", async (name) => {
    const path = join(light, name);
    const model = importOnnx(readFileSync(path), { name });
    const shape = model.inputs[0]!.shape as number[];
    const size = shape.reduce((a, b) => a * b);
    // onnx/backend/test/runner: generate_dummy_data.
    const x = tensor(
      Float32Array.from({ length: size }, (_, i) => i / size),
      { shape },
    );
    const y = model.forward(x);
    const expected = readTensorFile(path.replace(".onnx", "_output_0.pb"));
    await evaluate([y], wasm);
    expect(y.shape).toEqual(expected.shape);
    expect(compareArrays(await y.data(), numbersIn(expected), tolerance.model)).toBeUndefined();
  });
});
