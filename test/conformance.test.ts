import { describe, expect, test } from "vitest";
import { gradients } from "../src/autograd/gradients.ts";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { Draw } from "../src/core/draw.ts";
import { isFloating } from "../src/core/dtype.ts";
import { type AnyOp, allOps, apply } from "../src/core/op.ts";
import type { Tensor } from "../src/core/tensor.ts";
import "../src/ops/index.ts";
import { cases } from "./agreement.ts";
import { drawExample, fill, valuesOf } from "./conformance-tools.ts";
import { compareArrays, tolerance } from "./tolerance.ts";

const rounds = cases(6, 100);

const backends = [
  createWasmBackend({ threads: 1 }),
  createWasmBackend({ threads: 2 }),
  createWasmBackend({ threads: 1, fused: false }),
];
const names = ["wasm, 1 thread", "wasm, 2 threads", "wasm, plain SIMD"];

/** The results that an example gives: the output, and the gradients of its product with random weights. */
function resultsOf(op: AnyOp, seed: number, withGradients: boolean): Tensor[] {
  const { inputs, output } = drawExample(op, seed, "float32");
  const wrt = inputs.filter((t) => isFloating(t.dtype));
  if (!withGradients || op.differentiable === false || wrt.length === 0) return [output];
  const again = apply(op, inputs, output.source.kind === "node" ? output.source.attrs : {});
  return [output, ...gradients(again, wrt, fill({ shape: output.shape }, new Draw(seed + 1000), "float32"))];
}

describe.each(allOps().map((op) => [op.name, op] as const))("%s", (_, op) => {
  test("every backend agrees with the reference, forward and gradient", async () => {
    for (let seed = 0; seed < rounds; seed++) {
      const expected = await valuesOf(resultsOf(op, seed, true), reference);
      for (const [b, backend] of backends.entries()) {
        const actual = await valuesOf(resultsOf(op, seed, true), backend);
        actual.forEach((values, k) => {
          const problem = compareArrays(values, expected[k]!, tolerance.kernel);
          const { example } = drawExample(op, seed, "float32");
          const what = k === 0 ? "output" : `gradient ${k - 1}`;
          expect(
            problem,
            `${names[b]}, ${what} of ${op.name}, seed ${seed}: ${JSON.stringify(example)}`,
          ).toBeUndefined();
        });
      }
    }
  });
});
