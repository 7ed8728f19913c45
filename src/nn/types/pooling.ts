import type { Product } from "../../core/digits.ts";
import type { Shape } from "../../core/shape.ts";
import type { ShapeFunction } from "../../core/shape-types.ts";
import type { FeatureMap, Placed, SpatialOf } from "./channels.ts";
import type {
  NoSuchOption,
  Option,
  PerAxis,
  SpatialRank,
  Values,
  WindowExtents,
  WithFaults,
  ZeroFault,
} from "./window.ts";

/** [C, L] → [C, L′]; the stride is the kernel size where `Options` names none. */
export interface MaxPool1dShape<Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<Kernel>;
  readonly Domain: FeatureMap<number, 1>;
  readonly Out: Pool<"maxPool1d", this["In"], 1, Kernel, Options>;
}

/** [C, H, W] → [C, H′, W′]; the stride is the kernel size where `Options` names none. */
export interface MaxPool2dShape<Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<Kernel>;
  readonly Domain: FeatureMap<number, 2>;
  readonly Out: Pool<"maxPool2d", this["In"], 2, Kernel, Options>;
}

/** [C, D, H, W] → [C, D′, H′, W′]; the stride is the kernel size where `Options` names none. */
export interface MaxPool3dShape<Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<Kernel>;
  readonly Domain: FeatureMap<number, 3>;
  readonly Out: Pool<"maxPool3d", this["In"], 3, Kernel, Options>;
}

/** [C, L] → [C, L′]; the stride is the kernel size where `Options` names none. */
export interface AvgPool1dShape<Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<Kernel>;
  readonly Domain: FeatureMap<number, 1>;
  readonly Out: Pool<"avgPool1d", this["In"], 1, Kernel, Options>;
}

/** [C, H, W] → [C, H′, W′]; the stride is the kernel size where `Options` names none. */
export interface AvgPool2dShape<Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<Kernel>;
  readonly Domain: FeatureMap<number, 2>;
  readonly Out: Pool<"avgPool2d", this["In"], 2, Kernel, Options>;
}

/** [C, D, H, W] → [C, D′, H′, W′]; the stride is the kernel size where `Options` names none. */
export interface AvgPool3dShape<Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<Kernel>;
  readonly Domain: FeatureMap<number, 3>;
  readonly Out: Pool<"avgPool3d", this["In"], 3, Kernel, Options>;
}

/** [C, H, W] → [C, ⌈H / stride⌉, ⌈W / stride⌉], by default with stride 2. */
export interface BlurPool2dShape<Options = unknown> extends ShapeFunction {
  readonly Setting: Required<Options>;
  readonly Domain: FeatureMap<number, 2>;
  readonly Out: Pool<"blurPool2d", this["In"], 2, 1, { stride: Option<Options, "stride", 2> }>;
}

/** [C, L] → [C, outputSize], for average and maximum alike. */
export interface AdaptivePool1dShape<Op extends string, OutputSize> extends ShapeFunction {
  readonly Setting: Required<OutputSize>;
  readonly Domain: FeatureMap<number, 1>;
  readonly Out: Resized<Op, this["In"], 1, PerAxis<OutputSize, 1>>;
}

/** [C, H, W] → [C, …outputSize], for average and maximum alike. */
export interface AdaptivePool2dShape<Op extends string, OutputSize> extends ShapeFunction {
  readonly Setting: Required<OutputSize>;
  readonly Domain: FeatureMap<number, 2>;
  readonly Out: Resized<Op, this["In"], 2, PerAxis<OutputSize, 2>>;
}

/** [C, H, W] → [C, H·scale, W·scale]; `number` where a scale is no natural number. */
export interface UpsampleShape<Scale> extends ShapeFunction {
  readonly Setting: Required<Scale>;
  readonly Domain: FeatureMap<number, 2>;
  readonly Out: Scaled<"upsample", this["In"], PerAxis<Scale, 2>>;
}

/**
 * The options of a pooling, with a message in place of a stride or dilation of 0 or a name that `Known` has not. For
 * the constructor's parameter: `options?: PoolingOptions<Options, PoolOptions>`.
 */
export type PoolingOptions<Options, Known> = WithFaults<
  Options,
  {
    [Key in keyof Options]: Key extends "stride" | "dilation"
      ? ZeroFault<Key, Values<Option<Options, Key, 1>>>
      : Key extends keyof Known
        ? never
        : NoSuchOption;
  }
>;

type Pool<Op extends string, X, Rank extends SpatialRank, Kernel, Options> =
  SpatialOf<Op, X, number, Rank> extends infer Found
    ? Found extends Shape
      ? Placed<
          Op,
          X,
          ChannelsOf<X>,
          WindowExtents<
            Found,
            PerAxis<Kernel, Rank>,
            PerAxis<Option<Options, "stride", Kernel>, Rank>,
            PerAxis<Option<Options, "padding", 0>, Rank>,
            PerAxis<Option<Options, "dilation", 1>, Rank>,
            CeilMode<Option<Options, "ceilMode", false>>
          >
        >
      : Found
    : never;

type Resized<Op extends string, X, Rank extends SpatialRank, Spatial> =
  SpatialOf<Op, X, number, Rank> extends infer Found
    ? Found extends Shape
      ? Spatial extends Shape
        ? [ChannelsOf<X>, ...Spatial]
        : never
      : Found
    : never;

type Scaled<Op extends string, X, Scale> =
  SpatialOf<Op, X, number, 2> extends infer Found
    ? [Found, Scale] extends [
        [infer H extends number, infer W extends number],
        [infer A extends number, infer B extends number],
      ]
      ? [ChannelsOf<X>, Product<H, A>, Product<W, B>]
      : Found
    : never;

type ChannelsOf<X> = X extends readonly [infer C, ...Shape] ? C : number;

type CeilMode<V> = V extends boolean ? V : boolean;
