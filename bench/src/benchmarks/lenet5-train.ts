import type { Benchmark } from "./benchmark.ts";
import { writeLenet5 } from "./lenet5-tensors.ts";

const batchSize = 64;

/** The settings of the update; sides in other languages than JavaScript repeat them, and the check would notice. */
export const lr = 0.05;
export const momentum = 0.9;

export const lenet5Train: Benchmark = {
  name: "lenet5-train",
  task: "lenet5-train",
  batchSize,
  description:
    "a training step of LeNet-5 (28×28, 61,706 parameters): forward, cross entropy, backward and SGD " +
    `(learning rate ${lr}, momentum ${momentum}); its loss is read`,
  // The losses before the first update, and after one, two and three.
  checkedRuns: 4,
  // Losses differ by 2e-7, a unit in the last place; leaving out the update of the first bias changes them by 5e-6, and
  // that is the mistake with the smallest effect.
  tolerance: 3e-6,
  prepare: (folder) => writeLenet5(folder, batchSize),
};
