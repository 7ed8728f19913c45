import { gradients } from "../../autograd/gradients.ts";
import { compile } from "../../compiler/compile.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { Random } from "../../data/random.ts";
import { sum } from "../../ops/reduce.ts";
import { reached } from "../work.ts";
import type { Heat, MethodDefinition } from "./attribution.ts";
import { largestMagnitude } from "./channels.ts";
import { scoreOf } from "./subject.ts";

export interface SmoothGradOptions {
  /** Noisy copies; default 24. */
  readonly samples?: number;
  /** The noise's standard deviation as a part of the image's range of values; default 0.15. */
  readonly noise?: number;
  /** Seed of everything random; default 0. */
  readonly seed?: number;
}

/** Images that are differentiated at a time. */
const most = 8;

/** The mean of ∂f/∂x over copies of the image with Gaussian noise; its largest magnitude over the channels. */
export const smoothGrad: MethodDefinition = {
  title: "SmoothGrad",
  paper: "Smilkov, Thorat, Kim, Viégas, Wattenberg: SmoothGrad. arXiv:1706.03825",
  explain: async ({ model, image, pixels, channels, target }, options): Promise<Heat> => {
    const { samples = 24, noise = 0.15, seed = 0 } = options;
    const [, ...shape] = image.shape;
    const lowest = pixels.reduce((a, b) => Math.min(a, b));
    const highest = pixels.reduce((a, b) => Math.max(a, b));
    const run = compile((copies: Tensor, wanted: Tensor) => {
      const { score } = scoreOf(model, copies, wanted);
      return sum(gradients(score, [copies])[0]!, 0);
    });
    const perChannel = new Float32Array(pixels.length);
    for (let first = 0; first < samples; first += most) {
      const count = Math.min(most, samples - first);
      const random = new Random(seed, "noise", first);
      const copies = new Float32Array(count * pixels.length);
      for (let i = 0; i < copies.length; i++) {
        copies[i] = pixels[i % pixels.length]! + random.normal(0, noise * (highest - lowest));
      }
      const slopes = await (await run(tensor(copies, { shape: [count, ...shape] }), target)).data();
      for (let i = 0; i < perChannel.length; i++) perChannel[i]! += slopes[i]! / samples;
      await reached((first + count) / samples, options);
    }
    return { values: largestMagnitude(perChannel, channels), signed: false, perChannel };
  },
};
