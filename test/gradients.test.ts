import { describe, expect, test } from "vitest";
import { gradients } from "../src/autograd/gradients.ts";
import { reference } from "../src/backend/reference/reference.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import { Draw } from "../src/core/draw.ts";
import { isFloating } from "../src/core/dtype.ts";
import { type AnyOp, allOps, apply } from "../src/core/op.ts";
import { HostStorage } from "../src/core/storage.ts";
import { Tensor } from "../src/core/tensor.ts";
import "../src/ops/index.ts";
import { add, mul } from "../src/ops/arithmetic.ts";
import { sum } from "../src/ops/reduce.ts";
import { drawExample, fill } from "./conformance-tools.ts";
import { compareArrays, tolerance } from "./tolerance.ts";

const rounds = process.env.FOVEA_SLOW ? 200 : 8;

/** d f / d inputs by central differences, in float64. */
async function numericGradients(
  f: (inputs: readonly Tensor[]) => Tensor,
  inputs: readonly Tensor[],
): Promise<Float64Array[]> {
  const h = 1e-5;
  const values = await Promise.all(inputs.map(async (t) => Float64Array.from(await t.data())));
  const at = (k: number, i: number, delta: number): Tensor => {
    const moved = inputs.map((t, j) => {
      if (j !== k) return t;
      const data = values[k]!.slice();
      data[i]! += delta;
      return Tensor.value(new HostStorage(data), t.shape);
    });
    return f(moved);
  };
  const result: Float64Array[] = [];
  for (let k = 0; k < inputs.length; k++) {
    const gradient = new Float64Array(values[k]!.length);
    result.push(gradient);
    if (!isFloating(inputs[k]!.dtype)) continue;
    const evaluations = [...gradient].flatMap((_, i) => [at(k, i, h), at(k, i, -h)]);
    await evaluate(evaluations, reference);
    for (let i = 0; i < gradient.length; i++) {
      gradient[i] = ((await evaluations[2 * i]!.item()) - (await evaluations[2 * i + 1]!.item())) / (2 * h);
    }
  }
  return result;
}

async function check(
  f: (inputs: readonly Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  label: string,
): Promise<void> {
  const wrt = inputs.filter((t) => isFloating(t.dtype));
  const analytic = gradients(f(inputs), wrt);
  await evaluate(analytic, reference);
  const numeric = await numericGradients(f, inputs);
  for (let k = 0, j = 0; k < inputs.length; k++) {
    if (!isFloating(inputs[k]!.dtype)) continue;
    const problem = compareArrays(await analytic[j++]!.data(), numeric[k]!, tolerance.gradcheck);
    expect(problem, `${label}, input ${k} of shape [${inputs[k]!.shape}]`).toBeUndefined();
  }
}

function checked(op: AnyOp): boolean {
  return op.differentiable !== false && drawExample(op, 0, "float64").inputs.some((t) => isFloating(t.dtype));
}

describe.each(
  allOps()
    .filter(checked)
    .map((op) => [op.name, op] as const),
)("%s", (_, op) => {
  test("gradient equals central differences", async () => {
    for (let seed = 0; seed < rounds; seed++) {
      const { inputs, output, example } = drawExample(op, seed, "float64");
      const attrs = output.source.kind === "node" ? output.source.attrs : example.attrs;
      const weights = fill({ shape: output.shape }, new Draw(seed + 1000), "float64");
      const f = (xs: readonly Tensor[]): Tensor => sum(mul(apply(op, xs, attrs), weights));
      await check(f, inputs, `${op.name} ${JSON.stringify(attrs)}`);
    }
  });

  test("second derivative equals central differences of the first", async () => {
    for (let seed = 0; seed < Math.ceil(rounds / 3); seed++) {
      const { inputs, output, example } = drawExample(op, seed, "float64");
      const attrs = output.source.kind === "node" ? output.source.attrs : example.attrs;
      const weights = fill({ shape: output.shape }, new Draw(seed + 1000), "float64");
      const f = (xs: readonly Tensor[]): Tensor => {
        const y = mul(apply(op, xs, attrs), weights);
        const wrt = xs.filter((t) => isFloating(t.dtype));
        return gradients(sum(mul(y, y)), wrt)
          .map((g, k) => sum(mul(g, fill({ shape: g.shape }, new Draw(seed + 2000 + k), "float64"))))
          .reduce((a, b) => add(a, b));
      };
      await check(f, inputs, `${op.name} ${JSON.stringify(attrs)}`);
    }
  });
});
