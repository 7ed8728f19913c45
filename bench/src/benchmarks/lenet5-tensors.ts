import type { HostTensor } from "../../../dist/io/index.js";
import { mulberry32 } from "../random.ts";
import { writeTensors } from "./files.ts";

/** The layers' weights by their positions in `fovea/models`' `lenet5`; 61,706 numbers. */
const weights: Readonly<Record<string, readonly number[]>> = {
  "0.weight": [6, 1, 5, 5],
  "3.weight": [16, 6, 5, 5],
  "7.weight": [120, 400],
  "9.weight": [84, 120],
  "11.weight": [10, 84],
};

/**
 * Writes LeNet-5's parameters in PyTorch's initial distribution, U(−1/√fanIn, 1/√fanIn), a batch of images from U(−1, 1), and
 * labels; the same numbers at every call.
 */
export function writeLenet5(folder: string, batchSize: number): void {
  const random = mulberry32(20);
  const uniform = (shape: readonly number[], bound: number) => ({
    dtype: "float32" as const,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (2 * random() - 1) * bound),
  });
  const parameters = Object.entries(weights).flatMap(([name, shape]) => {
    const bound = 1 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1));
    return [
      [name, uniform(shape, bound)],
      [name.replace("weight", "bias"), uniform(shape.slice(0, 1), bound)],
    ] as const;
  });
  const labels = Int32Array.from({ length: batchSize }, () => Math.floor(10 * random()));
  writeTensors(
    folder,
    "tensors",
    new Map<string, HostTensor>([
      ...parameters,
      ["images", uniform([batchSize, 1, 28, 28], 1)],
      ["labels", { dtype: "int32", shape: [batchSize], data: labels }],
    ]),
  );
}
