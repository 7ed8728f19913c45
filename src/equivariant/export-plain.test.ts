import fc from "fast-check";
import { expect, test } from "vitest";
import "../default-backend.ts";
import { cases } from "../../test/agreement.ts";
import { drawEquivariantNetwork } from "../../test/equivariant-networks.ts";
import { expectSameInRuntime, randomize } from "../../test/onnx-networks.ts";
import type { Tensor } from "../core/tensor.ts";
import { groupCnn } from "../models/p4-cnn.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Module } from "../nn/module.ts";
import { Generator } from "../ops/generator.ts";
import { uniform } from "../ops/random.ts";
import { CosetMaxPool } from "./coset-max-pool.ts";
import { differenceOf } from "./difference.ts";
import { ExactAvgPool2d, ExactMaxPool2d } from "./exact-pool.ts";
import { exportPlain, isEquivariant } from "./export-plain.ts";
import { cyclicGroup, dihedralGroup } from "./group.ts";
import { GroupBatchNorm2d } from "./group-batch-norm2d.ts";
import { GroupConv2d } from "./group-conv2d.ts";
import { GroupDropout } from "./group-dropout.ts";
import { GroupAvgPool, GroupMaxPool } from "./group-pool.ts";
import { LiftingConv2d } from "./lifting-conv2d.ts";
import { RestrictGroup } from "./restrict-group.ts";

const c4 = cyclicGroup(4);

test("random networks become ordinary ones with the same outputs", async () => {
  let largest = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), async (seed) => {
      const { model, input } = drawEquivariantNetwork(seed);
      const x = uniform([2, ...input], { low: -1, high: 1, generator: new Generator(seed) });
      const before = await model.eval().forward(x).data();
      const plain = exportPlain(model);
      expect(isEquivariant(plain)).toBe(false);
      const after = await plain.forward(x).data();
      largest = Math.max(largest, differenceOf(after, before).relative);
    }),
    { numRuns: cases(8) },
  );
  expect(largest).toBeLessThan(1e-6);
});

test("P4CNN keeps its names, with filters for each element", async () => {
  const model = groupCnn(c4);
  const names = [...(await model.stateDict()).keys()];
  const plain = await exportPlain(model).stateDict();
  expect([...plain.keys()]).toEqual(names);
  expect(plain.get("l1.conv.weight")!.shape).toEqual([40, 1, 3, 3]);
  expect(plain.get("l2.conv.weight")!.shape).toEqual([40, 40, 3, 3]);
  expect(plain.get("l2.bn.running_mean")!.shape).toEqual([40]);
  expect(plain.get("top.bias")!.shape).toEqual([40]);
});

test("a layer in two places stays one layer, and a network that is one layer becomes another", () => {
  const shared = new GroupConv2d(cyclicGroup(2), 1, 1, 3, { padding: 1 });
  class Twice extends Module {
    readonly parts: readonly Module[] = [shared, shared];
    override forward(x: Tensor): Tensor {
      return this.parts.reduce((y, part) => part.forward(y), x);
    }
  }
  const { parts } = exportPlain(new Twice()) as Twice;
  expect(parts[0]).toBeInstanceOf(Conv2d);
  expect(parts[1]).toBe(parts[0]);
  expect(exportPlain(shared)).toBeInstanceOf(Conv2d);
});

test.each([
  [new LiftingConv2d(c4, 2, 2, 3, { stride: 2, padding: 1 }), [2, 2, 5, 5]],
  [
    new GroupConv2d(dihedralGroup(4), 1, 2, 2, { bias: false, paddingMode: "reflect", padding: 1 }),
    [2, 8, 3, 3],
  ],
  [new GroupBatchNorm2d(c4, 2, { eps: 0.1 }), [2, 8, 2, 2]],
  [new GroupMaxPool(c4), [2, 8, 2, 2]],
  [new GroupAvgPool(c4), [2, 8]],
  [new CosetMaxPool(dihedralGroup(4), c4), [2, 8, 2, 2]],
  [new RestrictGroup(dihedralGroup(4), c4), [2, 8, 2, 2]],
  [new ExactMaxPool2d(c4, 2), [1, 4, 4, 4]],
  [new ExactAvgPool2d(c4, 3, { stride: 1, padding: 1 }), [1, 4, 4, 4]],
  [new GroupDropout(c4), [2, 8, 2, 2]],
] as const)("onnxruntime computes what %s does", async (layer, shape) => {
  randomize(layer, 3);
  await expectSameInRuntime(layer, [{ shape }]);
  await expectSameInRuntime(layer, [{ shape }], { dynamicBatch: true, batch: 3 });
});
