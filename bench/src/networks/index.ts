import { convnextTiny } from "./convnext.ts";
import { densenet121 } from "./densenet.ts";
import { efficientnetB0 } from "./efficientnet.ts";
import { googlenet } from "./googlenet.ts";
import { mobilenetV2 } from "./mobilenet-v2.ts";
import type { Network } from "./network.ts";
import { cifarResnet18, resnet18, resnet50 } from "./resnet.ts";
import { vgg16 } from "./vgg.ts";

export const networks: readonly Network[] = [
  resnet18,
  resnet50,
  vgg16,
  mobilenetV2,
  densenet121,
  googlenet,
  efficientnetB0,
  convnextTiny,
  cifarResnet18,
];

/** @throws Error that lists the names if there is none such. */
export function networkNamed(name: string): Network {
  const found = networks.find((network) => network.name === name);
  if (!found) throw new Error(`there is no network ${name}, but ${networks.map((n) => n.name).join(", ")}`);
  return found;
}
