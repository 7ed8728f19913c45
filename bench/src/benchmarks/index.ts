import type { Benchmark } from "./benchmark.ts";
import { lenet5Infer } from "./lenet5-infer.ts";
import { lenet5Train } from "./lenet5-train.ts";
import { networkInfer } from "./network-infer.ts";
import { networkTrain } from "./network-train.ts";

export const benchmarks: readonly Benchmark[] = [lenet5Train, ...lenet5Infer, ...networkInfer, networkTrain];
