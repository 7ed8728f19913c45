import { equal } from "node:assert/strict";
import { test } from "node:test";
import { cifarResnet18 } from "./networks.ts";

test("ResNet-18 for CIFAR has 11,173,962 parameters", () => {
  const parameters = cifarResnet18.create().parameters();
  const total = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // That of torchvision, with 3·3 for 7·7 in the stem and 10 for 1000 classes.
  equal(total, 11_689_512 - 64 * 3 * (49 - 9) - 990 * 513);
});
