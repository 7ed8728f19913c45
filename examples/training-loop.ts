/** Trains a small network on generated digits with a loop of one's own, and asserts its accuracy on others. */
import assert from "node:assert/strict";
import { argmax, compile, crossEntropy, equal, sum, type Tensor, valueAndGrad } from "fovea";
import { digits } from "fovea/data";
import { Conv2d, Flatten, Linear, MaxPool2d, manualSeed, ReLU, Sequential } from "fovea/nn";
import { SGD } from "fovea/train";

manualSeed(0);
const model = new Sequential(
  [1, 28, 28],
  new Conv2d(1, 8, 5, { stride: 2, padding: 2 }),
  new ReLU(),
  new Conv2d(8, 16, 3, { padding: 1 }),
  new ReLU(),
  new MaxPool2d(2),
  new Flatten(),
  new Linear(784, 10),
);
const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });

// One program: forward pass, gradients and the update of parameters and momentum in place.
const step = compile((images: Tensor, labels: Tensor) => {
  const { value, grads } = valueAndGrad(
    () => crossEntropy(model.forward(images), labels),
    model.parameters(),
  );
  optimizer.update(grads);
  return value;
});

const hits = compile((images: Tensor, labels: Tensor) =>
  sum(equal(argmax(model.forward(images), 1), labels)),
);

let loss = Number.NaN;
for await (const [images, labels] of digits({ length: 8_000 }).batches(64, {
  shuffle: true,
  dropLast: true,
})) {
  loss = await (await step(images, labels)).item();
}

const test = digits({ seed: 1, length: 1_000 });
let correct = 0;
for await (const [images, labels] of test.batches(250)) correct += await (await hits(images, labels)).item();
const accuracy = correct / test.length;
console.log(`last loss ${loss.toFixed(3)}, accuracy on ${test.length} other digits ${accuracy}`);
assert(accuracy > 0.93, `accuracy ${accuracy}`);
