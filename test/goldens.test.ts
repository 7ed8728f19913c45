import { describe, expect, test } from "vitest";
import { gradients } from "../src/autograd/gradients.ts";
import { reference } from "../src/backend/reference/reference.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import type { Backend } from "../src/core/backend.ts";
import type { DType } from "../src/core/dtype.ts";
import { tensor } from "../src/core/tensor.ts";
import { callGolden } from "./golden-calls.ts";
import { type GoldenCase, goldenUniform, goldenValues, readGoldens } from "./golden-cases.ts";
import { compareArrays, type Tolerance, tolerance } from "./tolerance.ts";

/** Significant digits that the goldens were printed with. */
const digits = 9;

/** The values, moved towards the goldens by no more than printing may have moved these. */
function unrounded(values: ArrayLike<number>, goldens: readonly number[]): number[] {
  return goldens.map((golden, i) => {
    const exponent = golden === 0 ? 0 : Math.floor(Math.log10(Math.abs(golden)));
    const rounding = 0.5 * 10 ** (exponent + 1 - digits);
    const difference = values[i]! - golden;
    return golden + Math.sign(difference) * Math.max(0, Math.abs(difference) - rounding);
  });
}

/** Where the goldens themselves are less exact: PyTorch's hardsigmoid has the derivative 1/6 in float32. */
const looser: Readonly<Record<string, number>> = { hardsigmoid: 4e-8 };

const backends: readonly { backend: Backend; dtype: DType; tolerance: Tolerance }[] = [
  { backend: reference, dtype: "float64", tolerance: tolerance.exact },
  { backend: wasm, dtype: "float32", tolerance: tolerance.kernel },
];

const cases = readGoldens<{ cases: readonly GoldenCase[] }>("ops.json")?.cases;

test.skipIf(!cases)(
  "goldens are filled as their file says (skipped where ../shared/goldens is absent)",
  () => {
    const { fillCheck } = readGoldens<{ fillCheck: readonly number[] }>("zoo.json")!;
    expect([...goldenUniform("input", fillCheck.length)]).toEqual(fillCheck);
  },
);

describe.skipIf(!cases).each(backends)("goldens on $backend.name", ({ backend, dtype, tolerance }) => {
  test.each((cases ?? []).map((golden) => [golden.name, golden] as const))("%s", async (_, golden) => {
    const relative = Math.max(tolerance.relative, looser[golden.op] ?? 0);
    const allowed: Tolerance = { ...tolerance, relative };
    const operand = (name: string, shape: readonly number[]) =>
      tensor(goldenValues(golden, name, shape), { shape, dtype });
    const inputs = Object.fromEntries(
      Object.entries(golden.inputs).map(([name, shape]) => [name, operand(name, shape)]),
    );
    const output = callGolden(golden.op, inputs, golden.attrs);
    expect(output.shape).toEqual(golden.outputShape);
    const names = Object.keys(golden.gradients);
    const found = gradients(
      output,
      names.map((name) => inputs[name]!),
      operand("grad_output", golden.outputShape),
    );
    await evaluate([output, ...found], backend);
    expect(
      compareArrays(unrounded(await output.data(), golden.output), golden.output, allowed),
      "output",
    ).toBeUndefined();
    for (const [i, name] of names.entries()) {
      const expected = golden.gradients[name]!;
      const problem = compareArrays(unrounded(await found[i]!.data(), expected), expected, allowed);
      expect(problem, `gradient of ${name}`).toBeUndefined();
    }
  });
});
