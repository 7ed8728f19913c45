import { Draw } from "../src/core/draw.ts";
import type { Shape } from "../src/core/shape.ts";
import { CosetMaxPool } from "../src/equivariant/coset-max-pool.ts";
import { ExactAvgPool2d, ExactMaxPool2d } from "../src/equivariant/exact-pool.ts";
import { cyclicGroup, dihedralGroup, type Group } from "../src/equivariant/group.ts";
import { GroupBatchNorm2d } from "../src/equivariant/group-batch-norm2d.ts";
import { GroupConv2d } from "../src/equivariant/group-conv2d.ts";
import { GroupDropout } from "../src/equivariant/group-dropout.ts";
import { GroupAvgPool, GroupMaxPool } from "../src/equivariant/group-pool.ts";
import { LiftingConv2d } from "../src/equivariant/lifting-conv2d.ts";
import { RestrictGroup } from "../src/equivariant/restrict-group.ts";
import { FieldType } from "../src/equivariant/steerable/field-type.ts";
import { quotient } from "../src/equivariant/steerable/representation.ts";
import { GlobalAvgPool } from "../src/nn/global-avg-pool.ts";
import { Linear } from "../src/nn/linear.ts";
import type { Module } from "../src/nn/module.ts";
import { manualSeed } from "../src/nn/random.ts";
import { ReLU } from "../src/nn/relu.ts";
import { Sequential } from "../src/nn/sequential.ts";
import { randomize } from "./onnx-networks.ts";

/** All groups that the square grid carries. */
export const gridGroups: readonly Group[] = [1, 2, 4].flatMap((n) => [cyclicGroup(n), dihedralGroup(n)]);

const subgroupsOf = (group: Group): Group[] =>
  gridGroups.filter(
    ({ rotations, reflections }) => group.rotations % rotations === 0 && (group.reflections || !reflections),
  );

export interface EquivariantNetwork {
  /** What it is equivariant to. */
  readonly group: Group;
  readonly model: Module;
  /** [C, H, W] of one image. */
  readonly input: Shape;
  /** How the output transforms. */
  readonly output: FieldType;
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  /** The output's extent. */
  readonly extent: number;
}

/** Draws windows until one lies symmetrically on maps of this extent; C1 takes any. */
function drawWindow(draw: Draw, extent: number, group: Group, kernels: readonly number[]): Window {
  for (;;) {
    const kernel = draw.pick(kernels);
    const [stride, padding] = [draw.pick([1, 1, 2, 3]), draw.int(0, Math.floor(kernel / 2))];
    const room = extent + 2 * padding - kernel;
    if (room < 0 || (room % stride !== 0 && group.order > 1)) continue;
    return { kernel, stride, padding, extent: Math.floor(room / stride) + 1 };
  }
}

/** A network of group convolutions, normalizations and poolings on a small grid, odd or even, as a seed decides. */
export function drawEquivariantNetwork(seed: number): EquivariantNetwork {
  const draw = new Draw(seed);
  let group = draw.pick(gridGroups);
  let [extent, channels] = [draw.int(5, 9), draw.int(1, 2)];
  const input = [channels, extent, extent];
  const layers: Module[] = [];
  const convolve = (Layer: typeof LiftingConv2d | typeof GroupConv2d): void => {
    const { kernel, stride, padding, extent: next } = drawWindow(draw, extent, group, [1, 2, 3, 4]);
    const width = draw.int(1, 3);
    layers.push(new Layer(group, channels, width, kernel, { stride, padding, bias: draw.bool() }));
    [extent, channels] = [next, width];
  };
  convolve(LiftingConv2d);
  for (let i = draw.int(1, 4); i > 0; i--) {
    const kind = draw.int(0, 5);
    if (kind <= 1) convolve(GroupConv2d);
    if (kind === 2) layers.push(new GroupBatchNorm2d(group, channels), new ReLU());
    if (kind === 3) {
      const { kernel, stride, padding, extent: next } = drawWindow(draw, extent, group, [2, 3]);
      const Pool = draw.pick([ExactMaxPool2d, ExactAvgPool2d]);
      layers.push(new Pool(group, kernel, { stride, padding }));
      extent = next;
    }
    if (kind === 4) layers.push(new GroupDropout(group), new ReLU());
    if (kind === 5) {
      const subgroup = draw.pick(subgroupsOf(group));
      layers.push(new RestrictGroup(group, subgroup));
      channels *= group.order / subgroup.order;
      group = subgroup;
    }
  }
  let output = FieldType.regular(group, channels);
  const end = draw.int(0, 3);
  if (end === 1 || end === 2) {
    layers.push(draw.bool() ? new GroupMaxPool(group) : new GroupAvgPool(group));
    output = FieldType.trivial(group, channels);
    if (end === 2) {
      layers.push(new GlobalAvgPool(), new Linear(channels, 3));
      output = FieldType.trivial(group, 3);
    }
  }
  if (end === 3) {
    const subgroup = draw.pick(subgroupsOf(group));
    layers.push(new CosetMaxPool(group, subgroup));
    output = FieldType.of(quotient(group, subgroup), channels);
  }
  manualSeed(seed);
  const model = new Sequential(...(layers as never[])) as unknown as Module;
  randomize(model, seed);
  return { group, model, input, output };
}
