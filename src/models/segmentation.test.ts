import { expect, test } from "vitest";
import { countMacs } from "../analyze/count-macs.ts";
import { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { createModel } from "./index.ts";
import { SegmentationNet } from "./segmentation.ts";

/** Multiply-accumulates with the auxiliary head, from torchvision's published figures in billions. */
test.each([
  ["fcn_resnet50", 152.717],
  ["fcn_resnet101", 232.738],
  ["deeplabv3_resnet50", 178.722],
  ["deeplabv3_resnet101", 258.743],
  ["deeplabv3_mobilenet_v3_large", 10.452],
])("%s gives what its auxiliary head says of an earlier stage", (name, billions) => {
  const model = createModel(name, { auxiliary: true }).eval() as SegmentationNet;
  const x = Tensor.input({ shape: [1, 3, 520, 520], dtype: "float32" });
  const { logits, auxiliary } = model.forwardAll(x);
  expect([logits, ...auxiliary].map(({ shape }) => shape)).toEqual([
    [1, 21, 520, 520],
    [1, 21, 520, 520],
  ]);
  expect(Math.round(countMacs(add(logits, auxiliary[0]!), [x]) / 1e6) / 1e3).toBe(billions);
  expect(model.forward(x).shape).toEqual(logits.shape);
});

test("images may be of any extents", () => {
  const x = Tensor.input({ shape: [2, 3, 75, 130], dtype: "float32" });
  for (const name of ["fcn_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"]) {
    expect(createModel(name).eval().forward(x).shape).toEqual([2, 21, 75, 130]);
  }
});

test("there is no other output without the auxiliary head", () => {
  const model = createModel("fcn_resnet50").eval();
  if (!(model instanceof SegmentationNet)) throw new Error("not a segmentation network");
  const x = Tensor.input({ shape: [1, 3, 32, 32], dtype: "float32" });
  expect(model.forwardAll(x).auxiliary).toEqual([]);
});
