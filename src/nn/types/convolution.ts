import type { Exact, IsUnion, Remainder } from "../../core/digits.ts";
import type { Shape } from "../../core/shape.ts";
import type { ShapeFunction } from "../../core/shape-types.ts";
import type { FeatureMap, Placed, SpatialOf } from "./channels.ts";
import type {
  ForEachAxis,
  NoSuchOption,
  Option,
  PerAxis,
  SpatialRank,
  TransposedExtents,
  Values,
  WindowExtents,
  WithFaults,
  ZeroFault,
} from "./window.ts";

/** [inChannels, L] → [outChannels, L′] with stride, padding, dilation and groups as in `Options`. */
export interface Conv1dShape<I, O, Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<I>;
  readonly Domain: FeatureMap<I, 1>;
  readonly Out: Convolve<"conv1d", this["In"], 1, I, O, Kernel, Options>;
}

/** [inChannels, H, W] → [outChannels, H′, W′] with stride, padding, dilation and groups as in `Options`. */
export interface Conv2dShape<I, O, Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<I>;
  readonly Domain: FeatureMap<I, 2>;
  readonly Out: Convolve<"conv2d", this["In"], 2, I, O, Kernel, Options>;
}

/** [inChannels, D, H, W] → [outChannels, D′, H′, W′] with stride, padding, dilation and groups as in `Options`. */
export interface Conv3dShape<I, O, Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<I>;
  readonly Domain: FeatureMap<I, 3>;
  readonly Out: Convolve<"conv3d", this["In"], 3, I, O, Kernel, Options>;
}

/** [inChannels, L] → [outChannels, L′], the shapes of a `Conv1d` with the same settings swapped. */
export interface ConvTranspose1dShape<I, O, Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<I>;
  readonly Domain: FeatureMap<I, 1>;
  readonly Out: ConvolveTransposed<"convTranspose1d", this["In"], 1, I, O, Kernel, Options>;
}

/** [inChannels, H, W] → [outChannels, H′, W′], the shapes of a `Conv2d` with the same settings swapped. */
export interface ConvTranspose2dShape<I, O, Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<I>;
  readonly Domain: FeatureMap<I, 2>;
  readonly Out: ConvolveTransposed<"convTranspose2d", this["In"], 2, I, O, Kernel, Options>;
}

/** [inChannels, D, H, W] → [outChannels, D′, H′, W′], the shapes of a `Conv3d` with the same settings swapped. */
export interface ConvTranspose3dShape<I, O, Kernel, Options = unknown> extends ShapeFunction {
  readonly Setting: Required<I>;
  readonly Domain: FeatureMap<I, 3>;
  readonly Out: ConvolveTransposed<"convTranspose3d", this["In"], 3, I, O, Kernel, Options>;
}

type Convolve<Op extends string, X, Rank extends SpatialRank, I, O, Kernel, Options> =
  SpatialOf<Op, X, Exact<I>, Rank, "input channel"> extends infer Found
    ? Found extends Shape
      ? Placed<
          Op,
          X,
          Exact<O>,
          WindowExtents<
            Found,
            PerAxis<Kernel, Rank>,
            PerAxis<Option<Options, "stride", 1>, Rank>,
            Padding<Option<Options, "padding", 0>, Rank>,
            PerAxis<Option<Options, "dilation", 1>, Rank>
          >
        >
      : Found
    : never;

type ConvolveTransposed<Op extends string, X, Rank extends SpatialRank, I, O, Kernel, Options> =
  SpatialOf<Op, X, Exact<I>, Rank, "input channel"> extends infer Found
    ? Found extends Shape
      ? Placed<
          Op,
          X,
          Exact<O>,
          TransposedExtents<
            Found,
            PerAxis<Kernel, Rank>,
            PerAxis<Option<Options, "stride", 1>, Rank>,
            PerAxis<Option<Options, "padding", 0>, Rank>,
            PerAxis<Option<Options, "dilation", 1>, Rank>,
            PerAxis<Option<Options, "outputPadding", 0>, Rank>
          >,
          "padding takes all of"
        >
      : Found
    : never;

type Padding<V, Rank extends SpatialRank> =
  IsUnion<V> extends true
    ? ForEachAxis<number, Rank>
    : unknown extends V
      ? ForEachAxis<number, Rank>
      : V extends "same"
        ? "same"
        : V extends "valid"
          ? ForEachAxis<0, Rank>
          : PerAxis<V, Rank>;

/**
 * The options of a convolution, with a message in place of a value that cannot be meant: groups that do not divide
 * both channel counts, stride or dilation 0, padding "same" with a stride, a name that `Known` has not. For the constructor's parameter:
 * `options?: ConvolutionOptions<I, O, Options, Conv2dOptions>`, so that the error stands at the option.
 */
export type ConvolutionOptions<I, O, Options, Known> = WithFaults<
  Options,
  {
    [Key in keyof Options]: Key extends keyof Known
      ? OptionFault<Key, Exact<I>, Exact<O>, Options>
      : NoSuchOption;
  }
>;

type OptionFault<Key, I extends number, O extends number, Options> = Key extends "groups"
  ? GroupsFault<I, O, Exact<Option<Options, "groups", 1>>>
  : Key extends "stride" | "dilation"
    ? ZeroFault<Key, Values<Option<Options, Key, 1>>>
    : Key extends "padding"
      ? SameFault<Option<Options, "padding", 0>, Values<Option<Options, "stride", 1>>>
      : never;

type GroupsFault<I extends number, O extends number, G extends number> = number extends G
  ? never
  : G extends 0
    ? "✗ groups must be at least 1"
    : Divides<G, I> extends false
      ? `✗ ${I} input channels do not divide into ${G} groups`
      : Divides<G, O> extends false
        ? `✗ ${O} output channels do not divide into ${G} groups`
        : never;

type SameFault<P, Stride> = unknown extends P
  ? never
  : number extends Stride
    ? never
    : [P, Stride] extends ["same", 1]
      ? never
      : [P] extends ["same"]
        ? '✗ padding "same" needs stride 1'
        : never;

/** `true` where g divides n, and where that is not known. */
export type Divides<G extends number, N extends number> = number extends G | N
  ? true
  : Remainder<N, G> extends 0
    ? true
    : false;
