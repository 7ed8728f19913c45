import { type Padding, type PerAxis, perAxis, sidesPerAxis } from "../ops/spatial.ts";
import { FilterLayer, requireGroups } from "./filter-layer.ts";

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

/** Transposed convolution over one, two or three spatial axes; weight [inChannels, outChannels / groups, ...kernelSize]. */
export abstract class TransposedConvolution extends FilterLayer<ConvTransposeLayerOptions> {
  protected constructor(
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions,
  ) {
    const layer = `ConvTranspose${rank}d`;
    const groups = requireGroups(layer, inChannels, outChannels, options.groups);
    const kernel = perAxis(layer, "kernelSize", kernelSize, rank, 1);
    perAxis(layer, "stride", options.stride ?? 1, rank, 1);
    perAxis(layer, "dilation", options.dilation ?? 1, rank, 1);
    perAxis(layer, "outputPadding", options.outputPadding ?? 0, rank, 0);
    sidesPerAxis(layer, "padding", options.padding ?? 0, rank);
    super([inChannels, outChannels / groups, ...kernel], inChannels, outChannels, kernelSize, options);
  }
}
