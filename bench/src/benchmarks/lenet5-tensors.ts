import type { HostTensor } from "../../../dist/io/index.js";
import type { Tensors } from "../sides/side.ts";

/** The layers' weights by their positions in `fovea/models`' `lenet5`; 61,706 numbers. */
const weights: Readonly<Record<string, readonly number[]>> = {
  "0.weight": [6, 1, 5, 5],
  "3.weight": [16, 6, 5, 5],
  "7.weight": [120, 400],
  "9.weight": [84, 120],
  "11.weight": [10, 84],
};

/**
 * LeNet-5's parameters in PyTorch's initial distribution, U(−1/√fanIn, 1/√fanIn), a batch of images from U(−1, 1), and
 * labels; the same numbers at every call.
 */
export function lenet5Tensors(batchSize: number): Tensors {
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
  return new Map<string, HostTensor>([
    ...parameters,
    ["images", uniform([batchSize, 1, 28, 28], 1)],
    ["labels", { dtype: "int32", shape: [batchSize], data: labels }],
  ]);
}

/** Numbers in [0, 1). Tommy Ettinger's generator mulberry32, which is in the public domain. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
