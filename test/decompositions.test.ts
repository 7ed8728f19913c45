import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { allOps } from "../src/core/op.ts";
import "../src/ops/index.ts";
import { drawExample, valuesOf } from "./conformance-tools.ts";
import { compareArrays, tolerance } from "./tolerance.ts";

const rounds = process.env.FOVEA_SLOW ? 500 : 25;

describe.each(
  allOps()
    .filter((op) => op.decompose)
    .map((op) => [op.name, op] as const),
)("%s", (_, op) => {
  test("its decomposition equals its own loop", async () => {
    for (let seed = 0; seed < rounds; seed++) {
      const { inputs, output, example } = drawExample(op, seed, "float64");
      const attrs = output.source.kind === "node" ? output.source.attrs : example.attrs;
      const composed = op.decompose!(inputs, attrs);
      expect([composed.shape, composed.dtype]).toEqual([output.shape, output.dtype]);
      const [actual, expected] = await valuesOf([composed, output], reference);
      const problem = compareArrays(actual!, expected!, tolerance.exact);
      expect(problem, `${op.name} ${JSON.stringify(attrs)} on ${inputs.join(", ")}`).toBeUndefined();
    }
  });
});
