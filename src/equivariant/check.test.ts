import { describe, expect, test } from "vitest";
import "../default-backend.ts";
import { reference } from "../backend/reference/reference.ts";
import type { Tensor } from "../core/tensor.ts";
import { groupCnn, z2Cnn } from "../models/p4-cnn.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { mul } from "../ops/arithmetic.ts";
import { zeros } from "../ops/like.ts";
import { check } from "./check.ts";
import { differenceOf } from "./difference.ts";
import { cyclicGroup, dihedralGroup } from "./group.ts";
import { GroupConv2d } from "./group-conv2d.ts";
import { elementName, groupNamed } from "./group-names.ts";
import { LiftingConv2d } from "./lifting-conv2d.ts";
import { FieldType } from "./steerable/field-type.ts";
import { irrep } from "./steerable/irreps.ts";

const [c4, d4] = [cyclicGroup(4), dihedralGroup(4)];

describe("check", () => {
  test("P4CNN obeys the law of p4, and breaks that of p4m at its first layer", async () => {
    const model = groupCnn(c4);
    const told: number[] = [];
    const held = await check(model, c4, [1, 28, 28], { progress: (done) => told.push(done) });
    expect(held.holds).toBe(true);
    expect(told).toEqual([1, 2, 3, 4]);
    expect(held.elements.map(({ name }) => name)).toEqual(["identity", "90°", "180°", "270°"]);
    expect(held.elements[0]).toMatchObject({ absolute: 0, relative: 0 });
    const broken = await check(model, d4, [1, 28, 28]);
    expect(broken.holds).toBe(false);
    expect(broken.elements.filter(({ relative }) => relative > 1e-3).map(({ element }) => element)).toEqual([
      4, 5, 6, 7,
    ]);
    expect(broken.broken).toMatchObject({ path: "l1.conv", layer: "LiftingConv2d(C4, 1, 10, 3)" });
  });

  test("names the layer that breaks it first", async () => {
    const model = new Sequential(
      new LiftingConv2d(c4, 1, 2, 3),
      new ReLU(),
      new GroupConv2d(c4, 2, 2, 3, { stride: 2, exact: false }),
      new BatchNorm2d(8),
    ) as Module;
    const { holds, broken } = await check(model, c4, [1, 8, 8]);
    expect(holds).toBe(false);
    expect(broken).toMatchObject({ path: "2", outputShape: [2, 8, 2, 2] });
    expect((await check(model, c4, [1, 9, 9])).holds).toBe(true);
    const flat = new Sequential(new LiftingConv2d(c4, 1, 1, 3), new Flatten()) as Module;
    expect((await check(flat, c4, [1, 5, 5])).broken).toMatchObject({ path: "1", layer: "Flatten()" });
    expect((await check(z2Cnn(), c4, [1, 28, 28])).broken?.path).toBe("l1.conv");
  });

  test("takes maps as images, as maps on the group, or as fields of a given type", async () => {
    const lifted = await check(new LiftingConv2d(d4, 1, 1, 3), d4, [1, 5, 5]);
    expect([lifted.holds, String(lifted.output)]).toEqual([true, "D4: 1×regular"]);
    const pointwise = await check(new ReLU(), d4, [3, 5, 5]);
    expect([pointwise.holds, String(pointwise.output)]).toEqual([true, "D4: 3×A1"]);
    const output = FieldType.of(irrep(c4, "E1"), 1);
    expect((await check(new Conv2d(1, 2, 3), c4, [1, 5, 5], { output })).holds).toBe(false);
    await expect(check(new Conv2d(1, 3, 3), c4, [1, 5, 5], { output })).rejects.toThrow("2 channels");
  });

  test("a field of vectors turns its vectors: the gradient of an image", async () => {
    const gradient = new Conv2d(1, 2, 3, { bias: false });
    // ∂/∂x to the right and ∂/∂y upwards.
    gradient.weight.assign(Float32Array.of(0, 0, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, -1, 0));
    const output = FieldType.of(irrep(c4, "E1"), 1);
    expect((await check(gradient, c4, [1, 6, 6], { output, backend: reference })).holds).toBe(true);
    expect((await check(gradient, c4, [1, 6, 6])).holds).toBe(false);
  });

  test("a result that is not finite breaks the law, one that is zero does not", async () => {
    class Times extends Module {
      readonly factor: number;
      constructor(factor: number) {
        super();
        this.factor = factor;
      }
      override forward(x: Tensor): Tensor {
        return mul(x, this.factor);
      }
    }
    expect((await check(new Times(Number.NaN), c4, [1, 3, 3])).relative).toBe(Number.POSITIVE_INFINITY);
    expect((await check(new Times(0), c4, [1, 3, 3])).holds).toBe(true);
  });

  test("what cannot be checked is refused", async () => {
    const model = new ReLU();
    await expect(check(model, cyclicGroup(8), [1, 4, 4])).rejects.toThrow("C8 turns by 45°");
    await expect(check(model, c4, [1, 4, 5])).rejects.toThrow("takes 4×5 maps to 5×4 ones");
    await expect(check(new Flatten(0), c4, [1, 4, 4])).rejects.toThrow("neither [N, K] nor [N, C, H, W]");
    await expect(check(model, c4, [1, 4, 4], { tolerance: -1 })).rejects.toThrow("tolerance");
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(check(model, c4, [1, 4, 4], { signal })).rejects.toBe(reason);
    expect(model.training).toBe(true);
  });

  test("takes images of one's own", async () => {
    const { relative } = await check(z2Cnn(), c4, [1, 28, 28], { images: zeros([1, 1, 28, 28]) });
    expect(relative).toBe(0);
  });
});

test("differences are relative to the largest expected value", () => {
  expect(differenceOf([1, 2], [1, 4])).toEqual({ absolute: 2, relative: 0.5 });
  expect(differenceOf([1, 0], [0, 0])).toEqual({ absolute: 1, relative: Number.POSITIVE_INFINITY });
  expect(differenceOf([Number.NaN, 9], [1, 1]).absolute).toBe(Number.POSITIVE_INFINITY);
});

test("groups by their names, and elements in words", () => {
  const names = ["p4m", "P4", "z2", "pm", "pmm", "d4", "C8"].map((name) => groupNamed(name).name);
  expect(names).toEqual(["D4", "C4", "C1", "D1", "D2", "D4", "C8"]);
  expect(() => groupNamed("p4n")).toThrow('there is no group "p4n"; did you mean p4?');
  expect(() => groupNamed("C0")).toThrow("C0");
  expect([0, 1, 4, 7].map((g) => elementName(d4, g))).toEqual(["identity", "90°", "mirror", "mirror, 270°"]);
  expect(elementName(cyclicGroup(16), 1)).toBe("22.5°");
});
