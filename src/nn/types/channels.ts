import type { Exact } from "../../core/digits.ts";
import type { Shape } from "../../core/shape.ts";
import type { Count, Fault, SameExtent, ShowShape } from "../../core/shape-types.ts";
import type { ForEachAxis, SpatialRank } from "./window.ts";

/** [channels, …spatial axes], nothing known of the latter. */
export type FeatureMap<Channels, Rank extends SpatialRank> = [Exact<Channels>, ...ForEachAxis<number, Rank>];

/** The axes that a layer with this many spatial ones expects, in the words of a message. */
interface AxisNames {
  1: "channels×length";
  2: "channels×height×width";
  3: "channels×depth×height×width";
}

/**
 * The spatial axes of `X` as a tuple (of `number` where the rank of `X` is not known), or the fault that `X` has
 * another rank or other channels than `Channels`.
 */
export type SpatialOf<
  Op extends string,
  X,
  Channels extends number,
  Rank extends SpatialRank,
  Noun extends string = "channel",
> = X extends readonly [infer C extends number, ...infer Spatial extends Shape]
  ? [RankMatches<Spatial, Rank>, SameExtent<C, Channels>] extends [true, true]
    ? number extends Spatial["length"]
      ? ForEachAxis<number, Rank>
      : Spatial
    : RankMatches<Spatial, Rank> extends true
      ? Fault<Op, `expects ${Count<Channels, Noun>}, but gets ${ShowShape<X>}`>
      : Fault<Op, `expects ${AxisNames[Rank]}, but gets ${ShowShape<X>}`>
  : X extends readonly []
    ? Fault<Op, `expects ${AxisNames[Rank]}, but gets ${ShowShape<X>}`>
    : ForEachAxis<number, Rank>;

/** [channels, …spatial], or the fault that `X` is too small for the layer. */
export type Placed<
  Op extends string,
  X,
  Channels,
  Spatial extends readonly unknown[],
  Reason extends string = "kernel is larger than the padded input",
> = "empty" extends Spatial[number]
  ? Fault<Op, `has no output: its ${Reason} ${ShowShape<X>}`>
  : [Channels, ...Spatial];

type RankMatches<Spatial extends Shape, Rank> = number extends Spatial["length"]
  ? true
  : Spatial["length"] extends Rank
    ? true
    : false;
