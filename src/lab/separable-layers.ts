import { gradients } from "../autograd/gradients.ts";
import { compile } from "../compiler/compile.ts";
import { Draw } from "../core/draw.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { Conv2d } from "../nn/conv2d.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { Sequential } from "../nn/sequential.ts";
import { compareTimes } from "./compare-times.ts";
import { type LabContext, part } from "./experiment.ts";
import { layerMacs } from "./layer-macs.ts";
import { countParameters } from "./train-classifier.ts";

/** A convolution of `side` × `side` maps that keeps their size. */
export interface LayerSetting {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly side: number;
  readonly kernelSize: number;
}

/** Shapes of networks for images of 224×224, and one of them with larger kernels. */
export const layerSettings: readonly LayerSetting[] = [
  { inChannels: 32, outChannels: 64, side: 112, kernelSize: 3 },
  { inChannels: 64, outChannels: 128, side: 56, kernelSize: 3 },
  { inChannels: 128, outChannels: 256, side: 28, kernelSize: 3 },
  { inChannels: 256, outChannels: 512, side: 14, kernelSize: 3 },
  { inChannels: 128, outChannels: 256, side: 28, kernelSize: 5 },
  { inChannels: 128, outChannels: 256, side: 28, kernelSize: 7 },
];

export interface LayerComparison extends LayerSetting {
  /** 1 / outChannels + 1 / kernelSize² */
  readonly theory: number;
  /** Of the full convolution and the separable one. */
  readonly macs: readonly [full: number, separable: number];
  readonly parameters: readonly [full: number, separable: number];
  /** Milliseconds for a batch, and the ratio separable / full. */
  readonly forward: MeasuredPair;
  readonly step: MeasuredPair;
}

export interface MeasuredPair {
  readonly full: number;
  readonly separable: number;
  readonly ratio: number;
}

/** The theory's share: 1/C_out + 1/k² (Howard et al.: MobileNets (2017), section 3.1). */
function separableShare({
  outChannels,
  kernelSize,
}: Pick<LayerSetting, "outChannels" | "kernelSize">): number {
  return 1 / outChannels + 1 / kernelSize ** 2;
}

export async function compareLayers(
  context: LabContext,
  settings: readonly LayerSetting[],
  { batch, ...rounds }: { batch: number; rounds: number; warmUp?: number },
): Promise<LayerComparison[]> {
  const results: LayerComparison[] = [];
  for (const [index, setting] of settings.entries()) {
    const { signal, seed } = part(context, `layer ${describeLayer(setting)}`, index, settings.length);
    const { inChannels, outChannels, side } = setting;
    manualSeed(seed);
    const pair = [fullLayer(setting), separableLayer(setting)] as const;
    const x = random([batch, inChannels, side, side], seed);
    const seedGradient = random([batch, outChannels, side, side], seed + 1);
    const forward = pair.map((layer) => compile((input: Tensor) => layer.forward(input)));
    const step = pair.map((layer) =>
      compile((input: Tensor, flowing: Tensor) => {
        const output = layer.forward(input);
        const wrt = [input, ...layer.parameters().map((parameter) => parameter.value)];
        return [output, ...gradients(output, wrt, flowing)];
      }),
    );
    const timing = { ...rounds, signal };
    results.push({
      ...setting,
      theory: separableShare(setting),
      macs: [layerMacs(pair[0], x.shape.slice(1)), layerMacs(pair[1], x.shape.slice(1))],
      parameters: [countParameters(pair[0]), countParameters(pair[1])],
      forward: measured(
        await compareTimes(
          forward.map((run) => () => run(x)),
          timing,
        ),
      ),
      step: measured(
        await compareTimes(
          step.map((run) => () => run(x, seedGradient)),
          timing,
        ),
      ),
    });
  }
  return results;
}

/** The first side of a comparison is the full convolution. */
export function measured({ ms, ratios }: { ms: readonly number[]; ratios: readonly number[] }): MeasuredPair {
  return { full: ms[0]!, separable: ms[1]!, ratio: ratios[1]! };
}

/** `64→128, 56×56, 3×3` */
export function describeLayer({ inChannels, outChannels, side, kernelSize }: LayerSetting): string {
  return `${inChannels}→${outChannels}, ${side}×${side}, ${kernelSize}×${kernelSize}`;
}

function fullLayer({ inChannels, outChannels, kernelSize }: LayerSetting): Module {
  return new Conv2d(inChannels, outChannels, kernelSize, { padding: (kernelSize - 1) / 2, bias: false });
}

function separableLayer({ inChannels, outChannels, kernelSize }: LayerSetting): Module {
  const padding = (kernelSize - 1) / 2;
  return new Sequential(
    new Conv2d(inChannels, inChannels, kernelSize, { padding, groups: inChannels, bias: false }),
    new Conv2d(inChannels, outChannels, 1, { bias: false }),
  );
}

/** Numbers in [−1, 1). */
export function random(shape: Shape, seed: number): Tensor {
  const draw = new Draw(seed);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => draw.float(-1, 1)),
    { shape },
  );
}
