import type { ConvOptions } from "../ops/conv.ts";
import { requireAlgorithm } from "../ops/conv-algorithm.ts";
import { type ConvPadding, convPadding } from "../ops/conv-geometry.ts";
import { type PerAxis, perAxis } from "../ops/spatial.ts";
import { FilterLayer, requireGroups } from "./filter-layer.ts";

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
  /** How it is computed, which changes rounding alone; default "auto". */
  readonly algorithm?: NonNullable<ConvOptions["algorithm"]>;
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
}

/** Convolution over one, two or three spatial axes; weight [outChannels, inChannels / groups, ...kernelSize]. */
export abstract class Convolution extends FilterLayer<ConvLayerOptions> {
  protected constructor(
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions,
  ) {
    const layer = `Conv${rank}d`;
    const groups = requireGroups(layer, inChannels, outChannels, options.groups);
    const kernel = perAxis(layer, "kernelSize", kernelSize, rank, 1);
    const stride = perAxis(layer, "stride", options.stride ?? 1, rank, 1);
    const dilation = perAxis(layer, "dilation", options.dilation ?? 1, rank, 1);
    convPadding(layer, options.padding ?? 0, kernel, stride, dilation);
    const weight = [outChannels, inChannels / groups, ...kernel];
    requireAlgorithm(layer, options.algorithm ?? "auto", weight, { stride, dilation, groups });
    super(weight, inChannels, outChannels, kernelSize, options);
  }
}
