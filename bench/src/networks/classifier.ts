import { AdaptiveAvgPool2d, Flatten, Linear, type Module } from "../../../dist/nn/index.js";

/** Classes of ImageNet. */
export const numClasses = 1000;

/** Mean over all positions, and one linear layer. */
export function pooledClassifier(channels: number, classes: number = numClasses): Module[] {
  return [new AdaptiveAvgPool2d(1), new Flatten(), new Linear(channels, classes)];
}
