import type { Exact } from "../../core/digits.ts";
import type { Shape } from "../../core/shape.ts";
import type {
  Count,
  ExactShape,
  Fault,
  SameExtent,
  ShapeFunction,
  ShowShape,
  SizeOf,
} from "../../core/shape-types.ts";

/** […, inFeatures] → […, outFeatures] */
export interface LinearShape<I, O> extends ShapeFunction {
  readonly Setting: Required<I>;
  readonly Domain: [...number[], Exact<I>];
  readonly Out: LastAxis<this["In"], Exact<I>, Exact<O>>;
}

/**
 * Joins the axes from `StartAxis` to the last into one. The batch is axis 0, so the default 1 joins all axes that a
 * shape type shows; `Shape` for another `EndAxis` than the last.
 */
export interface FlattenShape<StartAxis = 1, EndAxis = -1> extends ShapeFunction {
  readonly Setting: Required<StartAxis>;
  readonly Domain: Shape;
  readonly Out: number extends StartAxis | EndAxis
    ? Shape
    : EndAxis extends -1
      ? Flatten<this["In"], StartAxis>
      : Shape;
}

/** [features] → `Target`, which must have as many elements. */
export interface UnflattenShape<Target extends Shape> extends ShapeFunction {
  readonly Setting: Required<Target>;
  readonly Domain: [SizeOf<ExactShape<Target>>];
  readonly Out: Unflatten<this["In"], ExactShape<Target>>;
}

type LastAxis<X, I extends number, O extends number> = X extends readonly [
  ...infer Leading extends Shape,
  infer Features extends number,
]
  ? SameExtent<Features, I> extends true
    ? [...Leading, O]
    : Fault<"linear", `expects ${Count<I, "input feature">}, but gets ${ShowShape<X>}`>
  : X extends readonly []
    ? Fault<"linear", `expects ${Count<I, "input feature">}, but gets ${ShowShape<X>}`>
    : [...number[], O];

type Flatten<X, StartAxis> = X extends Shape
  ? [StartAxis] extends [1]
    ? [SizeOf<X>]
    : number extends X["length"]
      ? Shape
      : [StartAxis] extends [keyof AxisBefore]
        ? X extends readonly [infer First extends number, ...infer Rest]
          ? Flatten<Rest, AxisBefore[StartAxis]> extends infer Joined
            ? Joined extends Shape
              ? [First, ...Joined]
              : Joined
            : never
          : Fault<"flatten", "expects more axes than its input has">
        : Shape
  : Shape;

interface AxisBefore {
  2: 1;
  3: 2;
  4: 3;
}

type Unflatten<X, Target extends Shape> = X extends Shape
  ? SameExtent<SizeOf<X>, SizeOf<Target>> extends true
    ? Target
    : Fault<"unflatten", `cannot shape ${ShowShape<X>} into ${ShowShape<Target>}`>
  : Target;
