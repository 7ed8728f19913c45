import type { Benchmark } from "./benchmark.ts";
import { writeLenet5 } from "./lenet5-tensors.ts";

export const lenet5Infer: readonly Benchmark[] = [1, 64].map((batchSize) => ({
  name: "lenet5-infer",
  task: "lenet5-infer",
  batchSize,
  description: "LeNet-5's (28×28, 61,706 parameters) forward pass; its logits are read",
  checkedRuns: 1,
  tolerance: 1e-5,
  prepare: (folder) => writeLenet5(folder, batchSize),
}));
