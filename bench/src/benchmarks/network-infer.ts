import { convnextTiny } from "../networks/convnext.ts";
import { densenet121 } from "../networks/densenet.ts";
import { efficientnetB0 } from "../networks/efficientnet.ts";
import { googlenet } from "../networks/googlenet.ts";
import { mobilenetV2 } from "../networks/mobilenet-v2.ts";
import type { Network } from "../networks/network.ts";
import { resnet18, resnet50 } from "../networks/resnet.ts";
import { vgg16 } from "../networks/vgg.ts";
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
  inference(resnet18),
  inference(resnet50),
  inference(vgg16),
  inference(mobilenetV2),
  inference(densenet121),
  inference(googlenet),
  inference(efficientnetB0),
  inference(convnextTiny),
  inference(resnet18, 16),
];
