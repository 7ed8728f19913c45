import type { ConvTransposeOptions } from "../ops/conv-transpose.ts";
import { type Padding, type PerAxis, perAxis, sidesPerAxis } from "../ops/spatial.ts";
import { requireGroups } from "./convolution.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { showArguments } from "./show-arguments.ts";
import { weightAndBias } from "./weight-and-bias.ts";

export interface ConvTransposeLayerOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Default 0; the output is this much smaller at each side. */
  readonly padding?: Padding;
  /** Default 0; the output is this much larger at the end. Less than the stride or the dilation. */
  readonly outputPadding?: PerAxis;
  /** Distance of the kernel's taps; default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
}

/** What the transposed convolutional layers of one, two and three spatial axes share. */
export abstract class TransposedConvolution extends Module {
  /** [inChannels, outChannels / groups, ...kernelSize] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | undefined;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: PerAxis;
  readonly options: ConvTransposeLayerOptions;

  protected constructor(
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions,
  ) {
    super();
    const layer = `ConvTranspose${rank}d`;
    const groups = requireGroups(layer, inChannels, outChannels, options.groups);
    const kernel = perAxis(layer, "kernelSize", kernelSize, rank, 1);
    perAxis(layer, "stride", options.stride ?? 1, rank, 1);
    perAxis(layer, "dilation", options.dilation ?? 1, rank, 1);
    perAxis(layer, "outputPadding", options.outputPadding ?? 0, rank, 0);
    sidesPerAxis(layer, "padding", options.padding ?? 0, rank);
    const shape = [inChannels, outChannels / groups, ...kernel];
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
  protected get operation(): ConvTransposeOptions {
    const { bias: _, ...settings } = this.options;
    return { ...settings, bias: this.bias };
  }

  protected override settings(): string {
    return showArguments(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}
