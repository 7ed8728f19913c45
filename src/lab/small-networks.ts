import { sizeOf } from "../core/shape.ts";
import type { ImageShape } from "../data/source.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";

/** C·H·W – hidden – classes */
export function fullyConnected(hidden: number, input: ImageShape, classes: number): Module {
  return new Sequential(
    new Flatten(),
    new Linear(sizeOf(input), hidden),
    new ReLU(),
    new Linear(hidden, classes),
  );
}

/** LeNet-5's convolutions, with `maps` and 2 · `maps` feature maps, and one linear layer behind them. */
export function convolutional(maps: number, [channels, height, width]: ImageShape, classes: number): Module {
  const side = (extent: number): number => ((extent >> 1) - 4) >> 1;
  return new Sequential(
    new Conv2d(channels, maps, 5, { padding: 2 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(maps, 2 * maps, 5),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(2 * maps * side(height) * side(width), classes),
  );
}
