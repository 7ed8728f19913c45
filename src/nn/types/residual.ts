import type { Shape } from "../../core/shape.ts";
import type {
  Apply,
  Fault,
  SameExtent,
  SameShape,
  ShapeFunction,
  ShapeFunctionOf,
  ShowShape,
} from "../../core/shape-types.ts";

/** A type that carries the function of a layer that returns the shape it gets: the shortcut of a plain residual. */
export interface IdentityShortcut {
  readonly "~shape": SameShape;
}

/** body(x) + shortcut(x), which must have one shape. */
export interface ResidualShape<Body, Shortcut = IdentityShortcut> extends ShapeFunction {
  readonly Domain: ShapeFunctionOf<Body>["Domain"];
  readonly Out: Add<Apply<ShapeFunctionOf<Body>, this["In"]>, Apply<ShapeFunctionOf<Shortcut>, this["In"]>>;
}

/**
 * The body, or the message that its shape differs from the shortcut's for every input. For the constructor's
 * parameter: `body: ResidualBody<Body, Shortcut>`.
 */
export type ResidualBody<Body, Shortcut = IdentityShortcut> =
  Apply<ResidualShape<Body, Shortcut>, ShapeFunctionOf<Body>["Domain"]> extends infer Sum
    ? Sum extends string
      ? Sum
      : Body
    : never;

/** The shape of a sum, taking each extent from where it is known. */
type Add<Body, Shortcut> = Body extends Shape
  ? Shortcut extends Shape
    ? number extends Body["length"]
      ? Shortcut
      : number extends Shortcut["length"]
        ? Body
        : Body["length"] extends Shortcut["length"]
          ? Merge<Body, Shortcut> extends infer Sum extends readonly unknown[]
            ? "differs" extends Sum[number]
              ? Differs<Body, Shortcut>
              : Sum
            : never
          : Differs<Body, Shortcut>
    : Shortcut
  : Body;

type Merge<A extends Shape, B extends Shape> = {
  [Axis in keyof A]: Axis extends keyof B
    ? SameExtent<A[Axis], B[Axis]> extends true
      ? number extends A[Axis]
        ? B[Axis]
        : A[Axis]
      : "differs"
    : never;
};

type Differs<Body, Shortcut> = Fault<
  "residual",
  `cannot add its body's ${ShowShape<Body>} to its shortcut's ${ShowShape<Shortcut>}`
>;
