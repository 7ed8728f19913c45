import type { Exact } from "../../core/digits.ts";
import type { Shape } from "../../core/shape.ts";
import type {
  Count,
  ExactShape,
  Fault,
  SameExtent,
  ShapeFunction,
  ShowShape,
} from "../../core/shape-types.ts";
import type { FeatureMap, SpatialOf } from "./channels.ts";
import type { Divides } from "./convolution.ts";
import type { SpatialRank } from "./window.ts";

/** [C] or [C, L], unchanged. */
export interface BatchNorm1dShape<Channels> extends ShapeFunction {
  readonly Setting: Required<Channels>;
  readonly Domain: [Exact<Channels>, ...number[]];
  readonly Out: KeepChannels<
    "batchNorm1d",
    this["In"],
    Exact<Channels>,
    1 | 2,
    "channels or channels×length"
  >;
}

/** [C, H, W], unchanged. */
export interface BatchNorm2dShape<Channels> extends ShapeFunction {
  readonly Setting: Required<Channels>;
  readonly Domain: FeatureMap<Channels, 2>;
  readonly Out: KeepMap<"batchNorm2d", this["In"], Exact<Channels>, 2>;
}

/** [C, D, H, W], unchanged. */
export interface BatchNorm3dShape<Channels> extends ShapeFunction {
  readonly Setting: Required<Channels>;
  readonly Domain: FeatureMap<Channels, 3>;
  readonly Out: KeepMap<"batchNorm3d", this["In"], Exact<Channels>, 3>;
}

/** [C, L], unchanged. */
export interface InstanceNorm1dShape<Channels> extends ShapeFunction {
  readonly Setting: Required<Channels>;
  readonly Domain: FeatureMap<Channels, 1>;
  readonly Out: KeepMap<"instanceNorm1d", this["In"], Exact<Channels>, 1>;
}

/** [C, H, W], unchanged. */
export interface InstanceNorm2dShape<Channels> extends ShapeFunction {
  readonly Setting: Required<Channels>;
  readonly Domain: FeatureMap<Channels, 2>;
  readonly Out: KeepMap<"instanceNorm2d", this["In"], Exact<Channels>, 2>;
}

/** [C, …], unchanged. */
export interface GroupNormShape<Channels> extends ShapeFunction {
  readonly Setting: Required<Channels>;
  readonly Domain: [Exact<Channels>, ...number[]];
  readonly Out: KeepChannels<"groupNorm", this["In"], Exact<Channels>, number, "channels">;
}

/** […, …normalizedShape], unchanged; `Normalized` is the last extent or the last several. */
export interface LayerNormShape<Normalized> extends ShapeFunction {
  readonly Setting: Required<Normalized>;
  readonly Domain: [...number[], ...LastAxes<Normalized>];
  readonly Out: KeepEnd<"layerNorm", this["In"], LastAxes<Normalized>>;
}

/**
 * The channel count of a group normalization, or the message that it does not divide into the groups. For the
 * constructor's parameter: `numChannels: GroupedChannels<Groups, Channels>`.
 */
export type GroupedChannels<Groups, Channels extends number> =
  Divides<Exact<Groups>, Exact<Channels>> extends true
    ? Channels
    : `✗ ${Channels} channels do not divide into ${Exact<Groups>} groups`;

type KeepMap<Op extends string, X, Channels extends number, Rank extends SpatialRank> =
  SpatialOf<Op, X, Channels, Rank> extends infer Found
    ? Found extends Shape
      ? number extends WithLength<X>
        ? [Channels, ...Found]
        : X
      : Found
    : never;

type WithLength<X> = X extends Shape ? X["length"] : number;

type KeepChannels<
  Op extends string,
  X,
  Channels extends number,
  Ranks,
  Axes extends string,
> = X extends readonly [infer C extends number, ...Shape]
  ? number extends X["length"]
    ? KeepIfSame<Op, X, C, Channels>
    : X["length"] extends Ranks
      ? KeepIfSame<Op, X, C, Channels>
      : Fault<Op, `expects ${Axes}, but gets ${ShowShape<X>}`>
  : X extends readonly []
    ? Fault<Op, `expects ${Axes}, but gets ${ShowShape<X>}`>
    : [Channels, ...number[]];

type KeepIfSame<Op extends string, X, C, Channels extends number> =
  SameExtent<C, Channels> extends true
    ? X
    : Fault<Op, `expects ${Count<Channels, "channel">}, but gets ${ShowShape<X>}`>;

type LastAxes<Normalized> = Normalized extends Shape ? ExactShape<Normalized> : [Exact<Normalized>];

type KeepEnd<Op extends string, X, End extends Shape> =
  EndsWith<X, End> extends true
    ? X
    : Fault<Op, `expects ${ShowShape<End>} as last extents, but gets ${ShowShape<X>}`>;

type EndsWith<X, End extends Shape> = End extends readonly [...infer Before extends Shape, infer Last]
  ? X extends readonly [...infer BeforeX, infer LastX]
    ? SameExtent<LastX, Last> extends true
      ? EndsWith<BeforeX, Before>
      : false
    : X extends readonly []
      ? false
      : true
  : true;
