import { type Network, networkNamed, photographNetworks } from "../networks.ts";
import type { Benchmark } from "./benchmark.ts";
import { writeNetwork } from "./network-files.ts";

function inference(network: Network, batchSize = 1): Benchmark {
  const [, height, width] = network.inputShape;
  return {
    name: batchSize === 1 ? network.name : `${network.name}-b${batchSize}`,
    task: "network-infer",
    network: network.name,
    batchSize,
    description: `forward pass in evaluation mode at ${height}×${width} with random weights; its logits are read`,
    checkedRuns: 1,
    tolerance: 1e-4,
    prepare: (folder) => writeNetwork(folder, network, batchSize),
  };
}

export const networkInfer: readonly Benchmark[] = [
  ...photographNetworks.map((network) => inference(network)),
  inference(networkNamed("resnet18"), 16),
];
