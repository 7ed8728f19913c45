import type { Shape } from "../../core/shape.ts";
import type { Fault, ShapeFunction, ShowShape } from "../../core/shape-types.ts";

export interface GlobalPoolOptions<KeepDims extends boolean> {
  /** Whether the spatial axes stay, with extent 1; default false. */
  readonly keepDims?: KeepDims;
}

/** [C, …spatial] → [C], or [C, 1, …] with the axes kept; at least one spatial axis. */
export interface GlobalPoolShape<Op extends string, KeepDims> extends ShapeFunction {
  readonly Setting: Required<Op>;
  readonly Domain: [number, number, ...number[]];
  readonly Out: boolean extends KeepDims ? Shape : Pooled<Op, this["In"], KeepDims>;
}

type Pooled<Op extends string, X, KeepDims> = X extends readonly [
  infer Channels extends number,
  ...infer Spatial extends Shape,
]
  ? Spatial extends readonly []
    ? Fault<Op, `expects channels and spatial axes, but gets ${ShowShape<X>}`>
    : KeepDims extends true
      ? number extends Spatial["length"]
        ? Shape
        : [Channels, ...{ [Axis in keyof Spatial]: 1 }]
      : [Channels]
  : X extends readonly []
    ? Fault<Op, `expects channels and spatial axes, but gets ${ShowShape<X>}`>
    : KeepDims extends true
      ? Shape
      : [number];
