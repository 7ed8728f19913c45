// Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich: Going Deeper with Convolutions. CVPR 2015.
// In torchvision's form: with batch normalization, 3×3 kernels for the table's 5×5, and without the auxiliary heads.

import { MaxPool2d, type Module, Sequential } from "../../../dist/nn/index.js";
import { Branches } from "./branches.ts";
import { pooledClassifier } from "./classifier.ts";
import { convNorm } from "./conv-norm.ts";
import type { Network } from "./network.ts";

/** Table 1: #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj. */
type Widths = readonly [number, number, number, number, number, number];
const inception3: readonly Widths[] = [
  [64, 96, 128, 16, 32, 32],
  [128, 128, 192, 32, 96, 64],
];
const inception4: readonly Widths[] = [
  [192, 96, 208, 16, 48, 64],
  [160, 112, 224, 24, 64, 64],
  [128, 128, 256, 24, 64, 64],
  [112, 144, 288, 32, 64, 64],
  [256, 160, 320, 32, 128, 128],
];
const inception5: readonly Widths[] = [
  [256, 160, 320, 32, 128, 128],
  [384, 192, 384, 48, 128, 128],
];

function conv(inChannels: number, outChannels: number, kernelSize: number, stride = 1): Module[] {
  return convNorm(inChannels, outChannels, kernelSize, { stride, eps: 1e-3 });
}

function pool(kernelSize: number, stride: number, padding = 0): Module {
  return new MaxPool2d(kernelSize, { stride, padding, ceilMode: true });
}

/** Figure 2b. */
function inception(inChannels: number, [n1, reduce3, n3, reduce5, n5, projection]: Widths): Module {
  return new Branches(
    new Sequential(...conv(inChannels, n1, 1)),
    new Sequential(...conv(inChannels, reduce3, 1), ...conv(reduce3, n3, 3)),
    new Sequential(...conv(inChannels, reduce5, 1), ...conv(reduce5, n5, 3)),
    new Sequential(pool(3, 1, 1), ...conv(inChannels, projection, 1)),
  );
}

export const googlenet: Network = {
  name: "googlenet",
  inputShape: [3, 224, 224],
  gain: 1,
  create: () => {
    let channels = 192;
    const modules = (rows: readonly Widths[]): Module[] =>
      rows.map((widths) => {
        const module = inception(channels, widths);
        channels = widths[0] + widths[2] + widths[4] + widths[5];
        return module;
      });
    return new Sequential(
      ...conv(3, 64, 7, 2),
      pool(3, 2),
      ...conv(64, 64, 1),
      ...conv(64, 192, 3),
      pool(3, 2),
      ...modules(inception3),
      pool(3, 2),
      ...modules(inception4),
      pool(2, 2),
      ...modules(inception5),
      ...pooledClassifier(channels),
    );
  },
};
