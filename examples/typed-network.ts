/** Shapes are part of a network's type: a mistake is an error in the editor, at the argument that is wrong. */
import assert from "node:assert/strict";
import { ShapeError, zeros } from "fovea";
import { AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential } from "fovea/nn";

// Hovering shows Sequential<[3, 32, 32], [10]>.
const network = new Sequential(
  [3, 32, 32],
  new Conv2d(3, 16, 3, { stride: 2, padding: 1 }),
  new BatchNorm2d(16),
  new ReLU(),
  new AvgPool2d(2),
  new Flatten(),
  new Linear(1024, 10),
);

// The annotation is checked against what the layers compute: 16 channels of 8 × 8 make 1,024 numbers.
const classifier: Sequential<[3, 32, 32], [10]> = network;
const logits = await classifier.forward(zeros([2, 3, 32, 32])).data();
assert.equal(logits.length, 20);

const wrong = new Sequential(
  [3, 32, 32],
  new Conv2d(3, 16, 3),
  // @ts-expect-error ✗ conv2d expects 32 input channels, but gets 16×30×30
  new Conv2d(32, 64, 3),
);

// Without a type checker the same mistake is found as soon as the network is used, before anything is computed.
assert.throws(
  () => wrong.forward(zeros([1, 3, 32, 32])),
  (error) => error instanceof ShapeError && error.message.includes("1: conv2d: "),
);
console.log("10 logits for each of 2 images; the wrong network was refused");
