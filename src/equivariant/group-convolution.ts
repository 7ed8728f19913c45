import { ArgumentError, ShapeError } from "../core/errors.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { Conv2d } from "../nn/conv2d.ts";
import * as init from "../nn/init.ts";
import { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";
import { requireCount } from "../nn/require-count.ts";
import { requireRank } from "../nn/require-rank.ts";
import { showArguments } from "../nn/show-arguments.ts";
import { constant } from "../ops/constant.ts";
import { type ConvOptions, conv2d } from "../ops/conv.ts";
import { expand } from "../ops/expand.ts";
import { take } from "../ops/gather.ts";
import { permute, reshape, unsqueeze } from "../ops/movement.ts";
import { requireExactStride } from "./exact-stride.ts";
import { type FilterDomain, filterTable } from "./filter-table.ts";
import type { Group } from "./group.ts";

export interface GroupConvOptions {
  /** Default 1. */
  readonly stride?: number;
  /** At each border; default 0. */
  readonly padding?: number;
  /** What the padding holds; default zeros. */
  readonly paddingMode?: NonNullable<ConvOptions["paddingMode"]>;
  /** Distance of the kernel's taps; default 1. */
  readonly dilation?: number;
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
  /** Whether to refuse maps on which the stride breaks the symmetry; default true. */
  readonly exact?: boolean;
}

const layerNames: Readonly<Record<FilterDomain, string>> = {
  image: "LiftingConv2d",
  regular: "GroupConv2d",
};

/**
 * What convolutions on groups share: filters that are turned and reflected into one ordinary convolution.
 *
 * The filters of all group elements are gathered from the weight by a table, so that the compiler sees a plain conv2d;
 * in evaluation they are made once, as long as nobody changes the weight.
 */
export abstract class GroupConvolution extends Module {
  /** Starts as N(0, 2/fanIn), He's values for ReLU, where fanIn is what one output sums up. */
  readonly weight: Parameter;
  /** [outChannels], zeros at first; the same for all elements of the group. */
  readonly bias: Parameter | undefined;
  readonly group: Group;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly options: GroupConvOptions;
  readonly #layer: string;
  readonly #table: Int32Array;
  /** Elements of the group that the input has channels for. */
  readonly #fibre: number;

  protected constructor(
    domain: FilterDomain,
    group: Group,
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: GroupConvOptions,
  ) {
    super();
    const layer = layerNames[domain];
    const { stride = 1, padding = 0, dilation = 1, bias = true } = options;
    const counts = { inChannels, outChannels, kernelSize, stride, dilation };
    for (const [setting, value] of Object.entries(counts)) requireCount(layer, setting, value);
    if (!Number.isSafeInteger(padding) || padding < 0) {
      throw new ArgumentError(`${layer}: padding must be one whole number for all borders, not ${padding}`);
    }
    this.#layer = layer;
    this.group = group;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.options = options;
    this.#table = filterTable(group, domain, kernelSize);
    this.#fibre = domain === "regular" ? group.order : 1;
    const filter: Shape =
      domain === "regular" ? [group.order, kernelSize, kernelSize] : [kernelSize, kernelSize];
    this.weight = init.kaimingNormal(Parameter.zeros([outChannels, inChannels, ...filter]));
    this.bias = bias ? Parameter.zeros([outChannels]) : undefined;
  }

  override forward(x: Tensor): Tensor {
    const { stride = 1, padding = 0, dilation = 1, paddingMode, exact = true } = this.options;
    const op = this.#layer;
    requireRank(op, x, [4], "[N, C, H, W]");
    const wanted = this.inChannels * this.#fibre;
    if (x.shape[1] !== wanted) {
      const fields = this.#fibre === 1 ? "" : ` (${this.inChannels} for each of ${this.#fibre} elements)`;
      throw new ShapeError(op, `input has ${x.shape[1]} channels, not ${wanted}${fields}`, { x: x.shape });
    }
    const reach = dilation * (this.kernelSize - 1) + 1;
    if (exact) requireExactStride(op, x, this.group, { reach, stride, padding });
    const settings = { stride, padding, dilation, ...(paddingMode && { paddingMode }) };
    return conv2d(x, this.filters(), { ...settings, bias: this.expandedBias() });
  }

  /** The weight of the ordinary convolution, [outChannels · |G|, input channels, k, k]. */
  filters(): Tensor {
    const { outChannels, inChannels, kernelSize, group } = this;
    const fibre = this.#fibre;
    const taps = kernelSize ** 2;
    const rows = reshape(this.weight, [outChannels * inChannels, fibre * taps]);
    const table = constant(this.#table, [this.#table.length], "int32");
    const all = reshape(take(rows, table, 1), [outChannels, inChannels, group.order, fibre * taps]);
    return reshape(permute(all, [0, 2, 1, 3]), [
      outChannels * group.order,
      inChannels * fibre,
      kernelSize,
      kernelSize,
    ]);
  }

  /** The bias of the ordinary convolution, [outChannels · |G|]. */
  protected expandedBias(): Tensor | undefined {
    return this.bias && overGroup(this.bias.value, this.group);
  }

  /** An ordinary convolution with the same output. */
  toPlain(): Conv2d {
    const { stride = 1, padding = 0, dilation = 1, paddingMode } = this.options;
    const filters = this.filters();
    const [outChannels, inChannels] = filters.shape as [number, number];
    const conv = new Conv2d<number, number, number, object>(inChannels, outChannels, this.kernelSize, {
      stride,
      padding,
      dilation,
      ...(paddingMode && { paddingMode }),
      bias: this.bias !== undefined,
    });
    conv.weight.assign(filters);
    conv.bias?.assign(this.expandedBias()!);
    return conv;
  }

  protected override settings(): string {
    const { group, inChannels, outChannels, kernelSize, options } = this;
    return `${group.name}, ${showArguments(inChannels, outChannels, kernelSize, options)}`;
  }
}

/** One value for each channel, [C], repeated for the elements of the group: [C·|G|]. */
export function overGroup(values: Tensor, { order }: Group): Tensor {
  return reshape(expand(unsqueeze(values, 1), [values.size, order]), [sizeOf([values.size, order])]);
}
