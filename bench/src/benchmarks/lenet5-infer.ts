import type { Benchmark } from "./benchmark.ts";
import { lenet5Tensors } from "./lenet5-tensors.ts";

export const lenet5Infer: readonly Benchmark[] = [1, 64].map((batchSize) => ({
  name: "lenet5-infer",
  batchSize,
  description: "LeNet-5's (28×28, 61,706 parameters) forward pass; its logits are read",
  checkedRuns: 1,
  tolerance: 1e-5,
  tensors: () => lenet5Tensors(batchSize),
}));
