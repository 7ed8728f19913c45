import { deepEqual, ok, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { evaluate, reference, sizeOf, tensor } from "../../../dist/index.js";
import * as nn from "../../../dist/nn/index.js";
import { exportNetwork } from "../export/exported-network.ts";
import { relativeDifference } from "../harness/statistics.ts";
import { Branches } from "../networks/branches.ts";
import { convnextTiny } from "../networks/convnext.ts";
import { networks } from "../networks/index.ts";
import { randomState } from "../networks/random-state.ts";
import { mulberry32, uniform } from "../random.ts";
import { writeOnnx } from "./write-onnx.ts";

/** Small, and together with every operation that has a translation. */
const models: Readonly<Record<string, () => nn.Module>> = {
  "convolutions, activations and normalization": () =>
    new nn.Sequential(
      new nn.Conv2d(3, 6, [3, 2], { stride: 2, padding: [2, 1], dilation: [1, 2], groups: 3 }),
      new nn.BatchNorm2d(6, { eps: 0.1 }),
      new nn.SiLU(),
      new nn.Conv2d(6, 4, 1, { bias: false }),
      new nn.ReLU6(),
      new nn.Sigmoid(),
    ),
  poolings: () =>
    new nn.Sequential(
      new nn.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
      new nn.AvgPool2d(3, { stride: 1, padding: 1, countIncludePad: false }),
      new nn.AvgPool2d(2, { padding: 1 }),
      new nn.MaxPool2d(2, { stride: 1, dilation: 2 }),
    ),
  "branches and a linear layer": () =>
    new nn.Sequential(
      new Branches(new nn.Identity(), new nn.Residual<nn.Module>(new nn.ReLU())),
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Linear(6, 5),
    ),
  "a block of ConvNeXt": () =>
    new nn.Sequential(
      new nn.Conv2d(3, 96, 1),
      (convnextTiny.create() as nn.Sequential).layers[4] as nn.Module,
    ),
};

for (const [name, create] of Object.entries(models)) {
  test(`onnxruntime computes what Fovea's reference does: ${name}`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "fovea-bench-test-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const model = create();
    const shape = [2, 3, 13, 11];
    const weights = randomState(model, 1);
    model.loadStateDict(weights, { strict: false });
    const images = uniform(mulberry32(1), sizeOf(shape), -3, 3);
    const exported = exportNetwork(model, shape);
    const y = model.forward(tensor(images, { shape }));
    await evaluate([y], reference);
    const files = writeOnnx(exported, weights, "data");
    writeFileSync(join(folder, "model"), Buffer.concat(files.model));
    writeFileSync(join(folder, "data"), Buffer.concat(files.data));
    const session = await InferenceSession.create(join(folder, "model"));
    const { logits } = await session.run({ images: new Tensor("float32", images, shape) });
    deepEqual(logits!.dims, y.shape);
    const difference = relativeDifference([[...(logits!.data as Float32Array)]], [[...(await y.data())]]);
    ok(difference < 1e-5, `difference ${difference}`);
  });
}

test("the models here use every operation of the networks", () => {
  const opsOf = (model: nn.Module, shape: readonly number[]) =>
    exportNetwork(model, shape).nodes.map(({ op }) => op);
  const tested = new Set(Object.values(models).flatMap((create) => opsOf(create(), [1, 3, 13, 11])));
  const used = new Set(networks.flatMap(({ create, inputShape }) => opsOf(create(), [1, ...inputShape])));
  deepEqual(
    [...used].filter((op) => !tested.has(op)),
    [],
  );
});

test("an operation without a translation is named", () => {
  const exported = exportNetwork(new nn.Tanh(), [1, 3, 4, 4]);
  throws(() => writeOnnx(exported, new Map(), "data"), /no translation of tanh/);
});
