import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Figure 2 of the paper: feature maps of C1 and C3, units of C5 and F6. */
const c1 = 6;
const c3 = 16;
const c5 = 120;
const f6 = 84;
const kernelSize = 5;

/**
 * LeNet-5 in the form that is used today: 28×28 inputs with padding 2 for the paper's 32×32, ReLU for the scaled tanh,
 * maximum pooling for trainable subsampling, all maps connected, and a linear output. 61,706 parameters.
 */
export function lenet5({
  numClasses = 10,
  inChannels = 1,
}: ModelOptions = {}): Sequential<[number, 28, 28], [number]> {
  return new Sequential(
    [inChannels, 28, 28],
    new Conv2d(inChannels, c1, kernelSize, { padding: 2 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(c1, c3, kernelSize),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(400, c5),
    new ReLU(),
    new Linear(c5, f6),
    new ReLU(),
    new Linear(f6, numClasses),
  );
}

export const lenetEntries: readonly ModelEntry[] = [
  {
    name: "lenet5",
    paper:
      "LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition. Proceedings of the IEEE 86(11)",
    year: 1998,
    novelty:
      "Convolution, subsampling and full connection as one network that is trained from pixels to classes by gradients",
    task: "classification",
    inputShape: [1, 28, 28],
    numClasses: 10,
    parameters: 61_706,
    macs: 416_520,
    accuracy: { dataset: "MNIST", top1: 99.05 },
    head: ["11"],
    create: lenet5,
  },
];
