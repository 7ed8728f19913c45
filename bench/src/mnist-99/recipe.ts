import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from "../../../dist/nn/index.js";
import { type Schedule, SGD } from "../../../dist/train/index.js";

/** The share of the test images that must be recognized. */
export const wantedAccuracy = 0.99;

/** Seeds that were not used to choose what follows; 0 to 4 and from 101 on were. */
export const seeds: readonly number[] = [10, 11, 12, 13, 14];

export const batchSize = 64;

/** Passes over the training images that the schedule is made for; training ends there, whatever was reached. */
export const epochs = 2;

/** When the test images are looked at, in epochs: only where the learning rate has come down. */
export const evaluateAt: readonly number[] = [1.5, 1.625, 1.75, 1.875, 2];

export const schedule: Schedule = { kind: "oneCycle", rise: 0.2, divide: 10, finalDivide: 100 };

/** A LeNet with maps of 8 and 16 channels, normalized, and one hidden layer: 37,634 parameters. */
export function createNetwork(): Module {
  return new Sequential(
    [1, 28, 28],
    new Conv2d(1, 8, 5, { bias: false }),
    new MaxPool2d(2),
    new BatchNorm2d(8),
    new ReLU(),
    new Conv2d(8, 16, 5, { bias: false }),
    new MaxPool2d(2),
    new BatchNorm2d(16),
    new ReLU(),
    new Flatten(),
    new Linear(256, 128),
    new ReLU(),
    new Linear(128, 10),
  );
}

export const createOptimizer = (): SGD =>
  new SGD({ lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 5e-4 });

/** For people. */
export const description =
  "conv 5×5 (8), pool, batch norm, conv 5×5 (16), pool, batch norm, linear (128), linear (10); SGD with Nesterov's momentum " +
  `in batches of ${batchSize}, one cycle of the learning rate in ${epochs} epochs, no augmentation; ` +
  `test images looked at after ${evaluateAt.join(", ")} epochs`;
