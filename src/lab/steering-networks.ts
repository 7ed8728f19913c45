import { cyclicGroup, type Group } from "../equivariant/group.ts";
import { GroupConv2d } from "../equivariant/group-conv2d.ts";
import { GroupMaxPool } from "../equivariant/group-pool.ts";
import { LiftingConv2d } from "../equivariant/lifting-conv2d.ts";
import { FieldMaxPool } from "../equivariant/steerable/field-pool.ts";
import { FieldType } from "../equivariant/steerable/field-type.ts";
import type { Ring } from "../equivariant/steerable/rings.ts";
import { SteerableConv2d } from "../equivariant/steerable/steerable-conv2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import * as init from "../nn/init.ts";
import type { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";

/** Channels of every map but the image. */
export const width = 32;
export const c8: Group = cyclicGroup(8);
export const c16: Group = cyclicGroup(16);

/** From an image to regular fields of C8. */
export function lift(kernelSize: number, rings?: readonly Ring[]): SteerableConv2d {
  return new SteerableConv2d(FieldType.trivial(c8, 1), FieldType.regular(c8, width / 8), kernelSize, {
    padding: Math.floor(kernelSize / 2),
    ...(rings && { rings: () => rings }),
  });
}

/** An ordinary convolution of 5×5 pixels. */
export function ordinary(inChannels: number): Module {
  const conv = new Conv2d<number, number, number, object>(inChannels, width, 5, { padding: 2 });
  init.kaimingNormal(conv.weight);
  return conv;
}

/** A network whose outputs have no direction: how many there are, and what makes it with so many layers. */
export interface Builder {
  readonly name: string;
  readonly outputs: number;
  make(depth: number): Module;
}

/** Convolutions of 5×5 pixels with ReLU, and the largest value over the group. */
export const builders: readonly Builder[] = [
  {
    name: "plane",
    outputs: width,
    make: (depth) => network(depth, (first) => ordinary(first ? 1 : width)),
  },
  { name: "p4", outputs: width / 4, make: p4 },
  { name: "C4, steerable", outputs: width / 4, make: (depth) => steerable(cyclicGroup(4), depth) },
  { name: "C8, steerable", outputs: width / 8, make: (depth) => steerable(c8, depth) },
  { name: "C16, steerable", outputs: width / 16, make: (depth) => steerable(c16, depth) },
];

function p4(depth: number): Module {
  const c4 = cyclicGroup(4);
  const channels = width / c4.order;
  const make = (first: boolean): Module =>
    first
      ? new LiftingConv2d(c4, 1, channels, 5, { padding: 2 })
      : new GroupConv2d(c4, channels, channels, 5, { padding: 2 });
  return network(depth, make, new GroupMaxPool(c4));
}

function steerable(group: Group, depth: number): Module {
  const type = FieldType.regular(group, width / group.order);
  const make = (first: boolean): Module =>
    new SteerableConv2d(first ? FieldType.trivial(group, 1) : type, type, 5, { padding: 2 });
  return network(depth, make, new FieldMaxPool(type));
}

function network(depth: number, conv: (first: boolean) => Module, ...end: readonly Module[]): Module {
  const layers = Array.from({ length: depth }, (_, i) => [conv(i === 0), new ReLU()]).flat();
  return new Sequential(...layers, ...end);
}
