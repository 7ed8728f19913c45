import { type Tensor, tensor } from "../src/core/tensor.ts";
import { BatchNorm2d } from "../src/nn/batch-norm2d.ts";
import { Conv2d } from "../src/nn/conv2d.ts";
import { Flatten } from "../src/nn/flatten.ts";
import { Linear } from "../src/nn/linear.ts";
import { MaxPool2d } from "../src/nn/max-pool2d.ts";
import { ReLU } from "../src/nn/relu.ts";
import { Sequential } from "../src/nn/sequential.ts";
import { Tanh } from "../src/nn/tanh.ts";

/** scale · sin(1.7 i + k) + shift: numbers that PyTorch's scripts make as well. */
export function wave(length: number, k: number, scale = 1, shift = 0): Float32Array {
  return Float32Array.from({ length }, (_, i) => shift + scale * Math.sin(1.7 * i + k));
}

/** A network of 93 parameters with waves as parameters: images [N, 1, 6, 6] to 3 classes. */
export function smallCnn(): Sequential {
  const norm = new BatchNorm2d(2);
  const model = new Sequential(
    new Conv2d(1, 2, 3, { padding: 1 }),
    norm,
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(2, 3, 3),
    new Tanh(),
    new Flatten(),
    new Linear(3, 3),
  );
  model.parameters().forEach((parameter, k) => {
    const size = parameter.shape.reduce((a, b) => a * b, 1);
    parameter.assign(wave(size, k, 0.5, Number(parameter === norm.weight)));
  });
  norm.runningMean!.assign(Float32Array.of(0.1, -0.2));
  norm.runningVar!.assign(Float32Array.of(0.7, 1.3));
  return model;
}

/** Four images with labels, in as many batches as `sizes` says. */
export function smallBatches(...sizes: readonly number[]): (readonly [images: Tensor, labels: Tensor])[] {
  const labels = [0, 1, 2, 1];
  const pixels = wave(4 * 36, 9);
  let first = 0;
  return sizes.map((size) => {
    const start = first;
    first += size;
    return [
      tensor(pixels.slice(36 * start, 36 * first), { shape: [size, 1, 6, 6] }),
      tensor(labels.slice(start, first), { dtype: "int32" }),
    ] as const;
  });
}
