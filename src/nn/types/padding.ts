import type { Exact, Sum } from "../../core/digits.ts";
import type { Shape } from "../../core/shape.ts";
import type { ShapeFunction } from "../../core/shape-types.ts";
import type { FeatureMap, SpatialOf } from "./channels.ts";

/** [C, H, W] → [C, top + H + bottom, left + W + right]; `number` for widths that crop or are not known. */
export interface Padding2dShape<Op extends string, Widths> extends ShapeFunction {
  readonly Setting: Required<Widths>;
  readonly Domain: FeatureMap<number, 2>;
  readonly Out: Padded<Op, this["In"], Sides<Widths>>;
}

type Sides<Widths> = Widths extends readonly [infer L, infer R, infer T, infer B]
  ? [Width<L>, Width<R>, Width<T>, Width<B>]
  : Widths extends number
    ? [Width<Widths>, Width<Widths>, Width<Widths>, Width<Widths>]
    : [number, number, number, number];

type Width<W> = `${Exact<W>}` extends `-${string}` ? number : Exact<W>;

type Padded<Op extends string, X, S extends readonly [number, number, number, number]> =
  SpatialOf<Op, X, number, 2> extends infer Found
    ? Found extends readonly [infer H extends number, infer W extends number]
      ? [
          X extends readonly [infer C, ...Shape] ? C : number,
          Sum<H, Sum<S[2], S[3]>>,
          Sum<W, Sum<S[0], S[1]>>,
        ]
      : Found
    : never;
