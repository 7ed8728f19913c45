import type { AtMost, Difference, Exact, IsUnion, Product, Quotient, Sum } from "../../core/digits.ts";
import type { Shape } from "../../core/shape.ts";
import type { ExactShape } from "../../core/shape-types.ts";

/** The options of a layer that is given none. */
export type NoOptions = Record<never, never>;

/** How many spatial axes a layer slides its window over. */
export type SpatialRank = 1 | 2 | 3;

/** One `T` for each spatial axis. */
export type ForEachAxis<T, Rank extends SpatialRank> = { 1: [T]; 2: [T, T]; 3: [T, T, T] }[Rank];

/** A setting given once or once per axis, such as `5` or `[3, 5]`, as one number per axis; `number` if not known. */
export type PerAxis<V, Rank extends SpatialRank> =
  IsUnion<V> extends true
    ? ForEachAxis<number, Rank>
    : V extends number
      ? ForEachAxis<Exact<V>, Rank>
      : V extends { readonly length: Rank }
        ? V extends Shape
          ? ExactShape<V>
          : ForEachAxis<number, Rank>
        : ForEachAxis<number, Rank>;

/** `Options[Key]`, `Default` where the key is absent, `unknown` where it may or may not be there. */
export type Option<Options, Key extends string, Default> =
  IsUnion<Options> extends true
    ? unknown
    : Key extends keyof Options
      ? Options extends { readonly [K in Key]: infer V }
        ? V
        : unknown
      : Default;

/**
 * `Options` with the messages in `Faults` in place of what is wrong. Without one it is `Options` itself, which
 * infers from whatever expression is given; from a mapped type, the checker would infer half of a conditional one.
 */
export type WithFaults<Options, Faults extends { readonly [Key in keyof Options]?: unknown }> = 0 extends 1 &
  Options
  ? Options
  : IsUnion<Options> extends true
    ? Options
    : [Exclude<Faults[keyof Options], undefined>] extends [never]
      ? Options
      : { readonly [Key in keyof Options]: [Faults[Key]] extends [never] ? Options[Key] : Faults[Key] };

/** The union of the values in a setting given once or once per axis; `number` where the setting itself is a union. */
export type Values<V> = IsUnion<V> extends true ? number : V extends readonly unknown[] ? V[number] : V;

/** The message for an option's name that the checker lets pass, since type parameters take any property. */
export type NoSuchOption = "✗ there is no option of this name";

/** The message for a stride or dilation that is 0, else `never`. */
export type ZeroFault<Key extends string, V> = number extends V
  ? never
  : 0 extends V
    ? `✗ ${Key} must be at least 1`
    : never;

/** ⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1 for each axis; "empty" where that is less than 1. */
export type WindowExtents<
  Spatial extends Shape,
  Kernel,
  Stride,
  Padding,
  Dilation,
  CeilMode = false,
> = Padding extends "same"
  ? { -readonly [Axis in keyof Spatial]: Spatial[Axis] }
  : {
      -readonly [Axis in keyof Spatial]: boolean extends CeilMode
        ? number
        : CeilMode extends true
          ? CeilExtent<
              Spatial[Axis],
              At<Kernel, Axis>,
              At<Stride, Axis>,
              At<Padding, Axis>,
              At<Dilation, Axis>
            >
          : FloorExtent<
              Spatial[Axis],
              At<Kernel, Axis>,
              At<Stride, Axis>,
              At<Padding, Axis>,
              At<Dilation, Axis>
            >;
    };

/** (H − 1)s − 2p + d(k − 1) + outputPadding + 1 for each axis; "empty" where that is less than 1. */
export type TransposedExtents<Spatial extends Shape, Kernel, Stride, Padding, Dilation, OutputPadding> = {
  -readonly [Axis in keyof Spatial]: NotEmpty<
    Difference<
      Sum<
        Product<Difference<Spatial[Axis], 1>, At<Stride, Axis>>,
        Sum<Reach<At<Kernel, Axis>, At<Dilation, Axis>>, At<OutputPadding, Axis>>
      >,
      Product<At<Padding, Axis>, 2>
    >
  >;
};

/** ⌊(H + 2p + s − reach)/s⌋, the formula above with its 1 drawn into the fraction. */
type FloorExtent<
  H extends number,
  K extends number,
  S extends number,
  P extends number,
  D extends number,
> = NotEmpty<Quotient<Difference<Sum<H, Sum<Product<P, 2>, S>>, Reach<K, D>>, S>>;

/** The same with the fraction rounded up, less a last window that would start in the padding behind the input. */
type CeilExtent<H extends number, K extends number, S extends number, P extends number, D extends number> =
  FloorExtent<Sum<H, Difference<S, 1>>, K, S, P, D> extends infer Extent extends number
    ? AtMost<Sum<H, P>, Product<Difference<Extent, 1>, S>> extends true
      ? NotEmpty<Difference<Extent, 1>>
      : Extent
    : "empty";

/** d(k − 1) + 1, the extent that a dilated kernel spans. */
type Reach<K extends number, D extends number> = Sum<Product<D, Difference<K, 1>>, 1>;

type NotEmpty<N extends number> = [N] extends [never] ? "empty" : N extends 0 ? "empty" : N;

type At<Values, Axis> = Axis extends keyof Values
  ? Values[Axis] extends infer V extends number
    ? V
    : number
  : number;
