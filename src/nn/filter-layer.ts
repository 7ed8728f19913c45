import { ArgumentError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";
import { weightAndBias } from "./weight-and-bias.ts";

/** What convolutional and transposed convolutional layers share: filters, a bias, and what they were made with. */
export abstract class FilterLayer<Options extends { readonly bias?: boolean }> extends Module {
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | undefined;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: PerAxis;
  readonly options: Options;

  protected constructor(
    weightShape: Shape,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: Options,
  ) {
    super();
    ({ weight: this.weight, bias: this.bias } = weightAndBias(
      weightShape,
      options.bias === false ? undefined : outChannels,
    ));
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.options = options;
  }

  /** The operation's options: the layer's, with the parameter for bias. */
  protected get operation(): Omit<Options, "bias"> & { readonly bias: Parameter | undefined } {
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
