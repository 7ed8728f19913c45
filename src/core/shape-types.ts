/**
 * Shapes at compile time: a layer is a function on shapes that the type checker evaluates.
 *
 * A layer class carries its function as a member that exists for the type checker alone:
 *
 * ```ts
 * export class Linear<const I extends number = number, const O extends number = number> extends Module {
 *   declare readonly "~shape": LinearShape<I, O>;
 * ```
 *
 * The key is a string that no one types by accident and that completion lists last. It is no unique symbol, since
 * `isolatedDeclarations` forbids computed names in classes. Shapes here have no batch axis.
 */
import type { Exact, IsUnion, Product } from "./digits.ts";
import type { Shape } from "./shape.ts";

/**
 * A function from shape to shape: an interface extends this and states `Out` in terms of `this["In"]`. `Out` is a
 * tuple of extents, `Shape` where nothing is known, or a `Fault`.
 *
 * `Domain` is what is known of the input before any is given, such as `[3, number, number]`; `unknown` says that the
 * layer returns the shape it gets, so that the next layer may know more. `In` must stay `unknown` here: anything
 * narrower makes the checker compare layers by it, and inference of layer lists fails.
 *
 * A generic function begins with `readonly Setting: Required<I>`, `I` being one of its parameters. `Required` makes
 * the checker compare two such functions by their members. Without it, it compares the parameters, takes them for
 * invariant and refuses a `Linear<784, 10>` where a `Linear<number, number>` is asked for. It must stand first,
 * since the comparison ends at the first member that differs.
 */
export interface ShapeFunction {
  readonly In: unknown;
  readonly Out: unknown;
  readonly Domain: unknown;
}

/** F(X) */
export type Apply<F extends ShapeFunction, X> = (F & { readonly In: X })["Out"];

/** The function of a layer that says nothing about shapes. */
export interface UnknownShape extends ShapeFunction {
  readonly Domain: Shape;
  readonly Out: Shape;
}

/** The function of a shape that stands among layers. */
interface MisplacedShape extends ShapeFunction {
  readonly Domain: Shape;
  readonly Out: "✗ an input shape stands in front of the layers";
}

/** The function of activations, dropout and every other layer that returns the shape it gets. */
export interface SameShape extends ShapeFunction {
  readonly Domain: unknown;
  readonly Out: this["In"];
}

/** The shape function that the layer type `L` carries; `UnknownShape` for `any`, unions and layers without. */
export type ShapeFunctionOf<L> = 0 extends 1 & L
  ? UnknownShape
  : IsUnion<L> extends true
    ? UnknownShape
    : L extends { readonly "~shape": infer F extends ShapeFunction }
      ? F
      : L extends Shape
        ? MisplacedShape
        : UnknownShape;

/** The shape that a layer or model of type `L` gives for an input of shape `In`: `OutputShape<typeof model, [3, 32, 32]>`. */
export type OutputShape<L, In extends Shape> = Apply<ShapeFunctionOf<L>, ExactShape<In>>;

/** A broken rule: a string literal that the checker shows where the layer was expected. */
export type Fault<Op extends string, Problem extends string> = `✗ ${Op} ${Problem}`;

/** A shape of which every extent is one known number or `number`. */
export type ExactShape<S extends Shape> = number extends S["length"]
  ? Shape
  : { -readonly [Axis in keyof S]: Exact<S[Axis]> };

/** `true` unless both extents are known and differ. */
export type SameExtent<A, B> = number extends A | B ? true : [A] extends [B] ? true : false;

/** The number of elements of a tensor of this shape. */
export type SizeOf<S extends Shape, Size extends number = 1> = number extends S["length"]
  ? number
  : S extends readonly [infer Extent extends number, ...infer Rest extends Shape]
    ? SizeOf<Rest, Product<Size, Extent>>
    : Size;

/** The shape in messages: "64×224×224", "?" for what is not known. */
export type ShowShape<S> = S extends readonly []
  ? "a scalar"
  : S extends readonly [infer Only extends number]
    ? ShowExtent<Only>
    : S extends readonly [infer First extends number, ...infer Rest extends Shape]
      ? `${ShowExtent<First>}×${ShowShape<Rest>}`
      : S extends readonly [...Shape, infer Last extends number]
        ? `…×${ShowExtent<Last>}`
        : "?";

/** "1 channel", "3 channels" */
export type Count<
  N extends number,
  Noun extends string,
> = `${ShowExtent<N>} ${Noun}${N extends 1 ? "" : "s"}`;

type ShowExtent<N extends number> = number extends N ? "?" : `${N}`;
