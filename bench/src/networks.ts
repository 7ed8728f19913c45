import { createModel, listModels } from "../../dist/models/index.js";
import { Conv2d, Identity, type Module } from "../../dist/nn/index.js";

/** A whole network of the benchmarks. */
export interface Network {
  readonly name: string;
  /** One input, [channels, height, width]. */
  readonly inputShape: readonly number[];
  /**
   * Random weights are U(−b, b) with b = gain · √(6 / fanIn); 1 keeps the mean square through a layer with ReLU, and
   * another value keeps logits between 1 and 100 where residual branches add up.
   */
  readonly gain: number;
  create(): Module;
}

/** Networks of the registry with their gain. */
const gains = {
  resnet18: 0.8,
  resnet50: 0.8,
  vgg16: 1,
  mobilenet_v2: 1,
  densenet121: 1,
  googlenet: 1,
  efficientnet_b0: 1.05,
  convnext_tiny: 1,
} as const;

export const photographNetworks: readonly Network[] = Object.entries(gains).map(([name, gain]) => {
  const { inputShape, create } = listModels(name)[0]!;
  return { name, inputShape, gain, create };
});

/** ResNet-18 for 32×32: a 3×3 convolution with stride 1 for the stem, and no pooling before the stages. */
export const cifarResnet18: Network = {
  name: "cifar-resnet18",
  inputShape: [3, 32, 32],
  gain: 0.8,
  create: () =>
    Object.assign(createModel("resnet18", { numClasses: 10 }), {
      conv1: new Conv2d(3, 64, 3, { padding: 1, bias: false }),
      maxpool: new Identity(),
    }),
};

/** @throws Error that lists the names if there is none such. */
export function networkNamed(name: string): Network {
  const networks = [...photographNetworks, cifarResnet18];
  const found = networks.find((network) => network.name === name);
  if (!found) throw new Error(`there is no network ${name}, but ${networks.map((n) => n.name).join(", ")}`);
  return found;
}
