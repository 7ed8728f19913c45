import { cifarResnet18 } from "../networks.ts";
import type { Benchmark } from "./benchmark.ts";
import { momentum } from "./lenet5-train.ts";
import { writeNetwork } from "./network-files.ts";

const batchSize = 32;

/** As in LeNet-5's training, other languages repeat it. */
export const lr = 0.002;

export const networkTrain: Benchmark = {
  name: "cifar-resnet18-train",
  task: "network-train",
  network: cifarResnet18.name,
  batchSize,
  description:
    "a training step of ResNet-18 for 32×32 images (11,173,962 parameters): forward, cross entropy, backward and SGD " +
    `(learning rate ${lr}, momentum ${momentum}); its loss is read`,
  // The losses before the first update, and after one and two.
  checkedRuns: 3,
  // Rounding alone changes the third loss by 3e-5. Leaving out the update of one convolution changes it by 1e-3, of the
  // first or last bias by 1e-4; what a normalization in the middle contributes (1e-5) is not to be seen.
  tolerance: 1e-4,
  prepare: (folder) => writeNetwork(folder, cifarResnet18, batchSize),
};
