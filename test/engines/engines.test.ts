import { describe, expect, test } from "vitest";
import { valueAndGrad } from "../../src/autograd/grad.ts";
import { reference } from "../../src/backend/reference/reference.ts";
import { engineFor, wasm } from "../../src/backend/wasm/wasm.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Backend } from "../../src/core/backend.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { lenet5 } from "../../src/models/lenet.ts";
import { manualSeed } from "../../src/nn/random.ts";
import * as ops from "../../src/ops/index.ts";
import { cancelling, expectAgreement, Operands, transformed } from "../agreement.ts";
import { valuesOf } from "../conformance-tools.ts";
import { compareArrays, tolerance } from "../tolerance.ts";
import { type Path, pathIn } from "./paths.ts";
import { hasWideRegisters } from "./processor.ts";

const { env, versions } = process;
const asked = pathIn(env, versions.v8);
const wideRegisters = hasWideRegisters();
/** The path that must be taken; undefined where nobody says whether the processor has registers for it. */
const expected: Path | undefined =
  asked !== "wide" || wideRegisters ? asked : wideRegisters === false ? "fused" : undefined;

/** A convolution of 48 filters: three panels of 16 columns, or six of 8. */
const convolution = (o: Operands): Tensor =>
  ops.conv2d(o.float([2, 24, 17, 17]), o.float([48, 24, 5, 5]), { padding: 2 });

async function lossAndGradients(backend: Backend): Promise<Float64Array[]> {
  manualSeed(5);
  const [model, o] = [lenet5(), new Operands(6)];
  const [images, labels] = [o.float([20, 1, 28, 28]), o.whole([20], "int32", 0, 10)];
  const { value, grads } = valueAndGrad(
    () => ops.crossEntropy(model.forward(images), labels),
    model.parameters(),
  );
  return valuesOf([value, ...grads.values()], backend);
}

describe(`Node ${versions.node}, asked for the ${asked} path`, () => {
  test("is the Node that should be tested", () => {
    expect(versions.node).toBe(env.FOVEA_EXPECTED_NODE ?? versions.node);
  });

  test.skipIf(expected === undefined)(
    `takes the ${expected ?? asked} path (skipped where the processor's features are not known)`,
    async () => {
      const { fused, wide } = engineFor({});
      expect(wide ? "wide" : fused ? "fused" : "plain").toBe(expected);
      const run = compile(() => convolution(new Operands(1)), { backend: wasm });
      const { tile } = (await run.program()).describe().find(({ kind }) => kind === "contraction")!;
      expect(tile).toEqual([6, expected === "wide" ? 16 : 8]);
    },
  );

  test("computes convolutions, direct and transformed, as the reference does", async () => {
    await expectAgreement(convolution, [wasm], { allowed: cancelling });
    await expectAgreement(
      (o) => {
        const [x, weight] = [o.float([2, 32, 14, 14]), o.float([40, 32, 3, 3], [-0.3, 0.3])];
        return o.withGradients(ops.conv2d(x, weight, { padding: 1 }), [x, weight]);
      },
      [wasm],
      { allowed: transformed },
    );
  });

  test.each([
    [37, 130, 53],
    [5, 700, 16],
    [64, 9, 200],
  ])("computes the product [%i, %i] × [., %i] and its gradients as the reference does", async (m, k, n) => {
    const product = (o: Operands): Tensor[] => {
      const [a, b] = [o.float([m, k]), o.float([k, n])];
      return o.withGradients(ops.matmul(a, b), [a, b]);
    };
    await expectAgreement(product, [wasm], { allowed: cancelling });
  });

  test("computes LeNet-5's loss and gradients as the reference does", async () => {
    const wanted = await lossAndGradients(reference);
    for (const [i, values] of (await lossAndGradients(wasm)).entries()) {
      expect(compareArrays(values, wanted[i]!, tolerance.model), `result ${i}`).toBeUndefined();
    }
  });
});
