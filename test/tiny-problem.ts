import { Draw } from "../src/core/draw.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { Dataset } from "../src/data/dataset.ts";
import { BatchNorm1d } from "../src/nn/batch-norm1d.ts";
import { Dropout } from "../src/nn/dropout.ts";
import { Linear } from "../src/nn/linear.ts";
import { Module } from "../src/nn/module.ts";
import { manualSeed } from "../src/nn/random.ts";
import { flatten } from "../src/ops/movement.ts";
import { relu } from "../src/ops/rectifiers.ts";

/** Images of 2 × 2 pixels with one bright pixel, which is the class. */
export function brightPixels(length: number, seed = 1): Dataset {
  const draw = new Draw(seed);
  const labels = Int32Array.from({ length }, () => draw.int(0, 3));
  const images = Uint8Array.from({ length: 4 * length }, (_, i) =>
    labels[i >> 2] === i % 4 ? draw.int(170, 255) : draw.int(0, 90),
  );
  return Dataset.fromArrays({ images, labels, imageShape: [1, 2, 2], classes: ["a", "b", "c", "d"] });
}

/** A small network with everything that a training must keep: parameters, running statistics and random numbers. */
export class TinyNetwork extends Module {
  readonly hidden: Linear;
  readonly norm: BatchNorm1d = new BatchNorm1d(8);
  readonly dropout: Dropout;
  readonly head: Linear;

  constructor(dropout = 0.2, seed = 3) {
    super();
    manualSeed(seed);
    this.dropout = new Dropout(dropout);
    this.hidden = new Linear(4, 8);
    this.head = new Linear(8, 4);
  }

  override forward(x: Tensor): Tensor {
    return this.head.forward(
      this.dropout.forward(relu(this.norm.forward(this.hidden.forward(flatten(x, 1))))),
    );
  }
}
