import { ArgumentError } from "../core/errors.ts";
import type { ConvOptions } from "../ops/conv.ts";
import { type ConvPadding, convPadding } from "../ops/conv-geometry.ts";
import { type PerAxis, perAxis } from "../ops/spatial.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";
import { weightAndBias } from "./weight-and-bias.ts";

export interface ConvLayerOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Default 0; "same" (with stride 1) keeps the extents. */
  readonly padding?: ConvPadding;
  /** What the padding holds; default zeros. */
  readonly paddingMode?: NonNullable<ConvOptions["paddingMode"]>;
  /** Distance of the kernel's taps; default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. Channels fall into this many groups, each convolved with filters of its own. */
  readonly groups?: number;
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
}

/** What the convolutional layers of one, two and three spatial axes share. */
export abstract class Convolution extends Module {
  /** [outChannels, inChannels / groups, ...kernelSize] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | undefined;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: PerAxis;
  readonly options: ConvLayerOptions;

  protected constructor(
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions,
  ) {
    super();
    const layer = `Conv${rank}d`;
    const groups = requireGroups(layer, inChannels, outChannels, options.groups);
    const kernel = perAxis(layer, "kernelSize", kernelSize, rank, 1);
    const stride = perAxis(layer, "stride", options.stride ?? 1, rank, 1);
    const dilation = perAxis(layer, "dilation", options.dilation ?? 1, rank, 1);
    convPadding(layer, options.padding ?? 0, kernel, stride, dilation);
    const shape = [outChannels, inChannels / groups, ...kernel];
    ({ weight: this.weight, bias: this.bias } = weightAndBias(
      shape,
      options.bias === false ? undefined : outChannels,
    ));
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.options = options;
  }

  /** The operation's options: the layer's, with the parameter for bias. */
  protected get operation(): ConvOptions {
    const { bias: _, ...settings } = this.options;
    return { ...settings, bias: this.bias };
  }

  protected override settings(): string {
    return showArguments(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/**
 * The number of groups.
 *
 * @throws ArgumentError if a count is no whole number of at least 1, or the channels do not divide into the groups.
 */
export function requireGroups(layer: string, inChannels: number, outChannels: number, groups = 1): number {
  requireCount(layer, "inChannels", inChannels);
  requireCount(layer, "outChannels", outChannels);
  requireCount(layer, "groups", groups);
  for (const [noun, count] of [
    ["input", inChannels],
    ["output", outChannels],
  ] as const) {
    if (count % groups !== 0)
      throw new ArgumentError(`${layer}: ${count} ${noun} channels do not divide into ${groups} groups`);
  }
  return groups;
}
