import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";

/** Convolutions one after another, with as many channels in as out, a ReLU behind each but the last. */
export interface Stack {
  readonly name: string;
  readonly layers: readonly { readonly kernel: number; readonly dilation: number }[];
}

const plain = (kernel: number, count: number): Stack["layers"] =>
  Array.from({ length: count }, () => ({ kernel, dilation: 1 }));
const dilated = (...dilations: readonly number[]): Stack["layers"] =>
  dilations.map((dilation) => ({ kernel: 3, dilation }));

/** n convolutions of 3×3. */
export function plainStack(count: number): Stack {
  return { name: `${count} of 3×3`, layers: plain(3, count) };
}

/** Convolutions of 3×3 with the dilations 1, 2, 4, … */
export function doublingStack(count: number): Stack {
  const dilations = Array.from({ length: count }, (_, i) => 2 ** i);
  return { name: `${count} of 3×3, dilated ${dilations.join(", ")}`, layers: dilated(...dilations) };
}

/** What the tables compare. */
export const stacks: Readonly<
  Record<"five" | "two" | "seven" | "three" | "four" | "doubling" | "gridding", Stack>
> = {
  five: { name: "1 of 5×5", layers: plain(5, 1) },
  two: plainStack(2),
  seven: { name: "1 of 7×7", layers: plain(7, 1) },
  three: plainStack(3),
  four: plainStack(4),
  doubling: doublingStack(4),
  gridding: { name: "4 of 3×3, dilated 2, 2, 2, 2", layers: dilated(2, 2, 2, 2) },
};

/** 1 + Σ (k − 1) · d: what a stack without strides sees. */
export function sizeByFormula({ layers }: Stack): number {
  return layers.reduce((size, { kernel, dilation }) => size + (kernel - 1) * dilation, 1);
}

/** The stack's layers with "same" padding; for training, with batch normalization behind each. */
export function stackLayers(
  { layers }: Stack,
  channels: number,
  { inputs = channels, normalized = false }: { inputs?: number; normalized?: boolean } = {},
): Module[] {
  return layers.flatMap(({ kernel, dilation }, i): Module[] => {
    const conv = new Conv2d(i === 0 ? inputs : channels, channels, kernel, { dilation, padding: "same" });
    const last = i === layers.length - 1;
    return [conv, ...(normalized ? [new BatchNorm2d(channels)] : []), ...(last ? [] : [new ReLU()])];
  });
}

export function buildStack(stack: Stack, channels: number): Module {
  return new Sequential(...stackLayers(stack, channels)) as Module;
}
