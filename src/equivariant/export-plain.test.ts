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
import { differenceOf } from "./difference.ts";
import { exportPlain, isEquivariant } from "./export-plain.ts";
import { cyclicGroup } from "./group.ts";
import { GroupConv2d } from "./group-conv2d.ts";

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
  const model = groupCnn(cyclicGroup(4));
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

test.each([false, true])("onnxruntime computes what P4CNN does (made ordinary before: %s)", async (made) => {
  const model = groupCnn(cyclicGroup(4), { numClasses: 3 });
  randomize(model, 1);
  await expectSameInRuntime(made ? exportPlain(model) : model, [{ shape: [2, 1, 28, 28] }], {
    allowed: { relative: 1e-4, absolute: 1e-5 },
  });
});
