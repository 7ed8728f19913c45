import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** The paper's section III-C.5: 28×28-300-10. */
const hidden = 300;

/** The fully connected network with one hidden layer that the paper compares LeNet-5 with, with ReLU. */
export function mlp({
  numClasses = 10,
  inChannels = 1,
}: ModelOptions = {}): Sequential<[number, 28, 28], [number]> {
  return new Sequential(
    [inChannels, 28, 28],
    new Flatten(),
    new Linear(inChannels * 28 * 28, hidden),
    new ReLU(),
    new Linear(hidden, numClasses),
  );
}

export const mlpEntries: readonly ModelEntry[] = [
  {
    name: "mlp",
    paper:
      "LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition. Proceedings of the IEEE 86(11)",
    year: 1998,
    novelty:
      "What convolutional networks are compared with: every pixel has a weight of its own to every unit",
    task: "classification",
    inputShape: [1, 28, 28],
    numClasses: 10,
    parameters: 238_510,
    macs: 238_200,
    accuracy: { dataset: "MNIST", top1: 95.3 },
    head: ["3"],
    create: mlp,
  },
];
