import type { Shape } from "../../core/shape.ts";
import type {
  Apply,
  ExactShape,
  Fault,
  SameExtent,
  ShapeFunction,
  ShapeFunctionOf,
  ShowShape,
} from "../../core/shape-types.ts";

/** What a sequence is made of: its layers, with the shape of one input in front where that is known. */
type Parts = readonly unknown[];

/** Each part as it is, a layer that does not fit what comes before it replaced by the message that says why. */
export type CheckedParts<P extends Parts> = {
  [Index in keyof P]: FaultAt<FaultsOf<P>, Index> extends infer Message extends string
    ? [Message] extends [never]
      ? P[Index]
      : Message
    : never;
};

/** The shape that the sequence takes: the one in front, else what its layers tell of it. */
export type InputOf<P extends Parts> = number extends P["length"]
  ? Shape
  : P extends readonly [infer First extends Shape, ...unknown[]]
    ? ExactShape<First>
    : DomainOf<P>;

/** The shape that the sequence gives. */
export type OutputOf<P extends Parts> = number extends P["length"]
  ? Shape
  : Run<LayersOf<P>, InputOf<P>>["out"];

/**
 * The function of a model of which only the two ends are known, such as a nested sequence: [In] → [Out]. Extents
 * that are `number` in `Out` stay so, even for an input that is known.
 */
export interface SequenceShape<In, Out> extends ShapeFunction {
  readonly Domain: In;
  readonly Out: Accepts<this["In"], In> extends true
    ? Out
    : Fault<"sequential", `expects ${ShowShape<In>}, but gets ${ShowShape<this["In"]>}`>;
}

/** The function of a class that runs layers of these types one after another, exact for every input. */
export interface ComposedShape<Layers extends Parts> extends ShapeFunction {
  readonly Domain: DomainOf<Layers>;
  readonly Out: FirstFault<Run<Layers, this["In"]>["faults"]> extends infer Message extends string
    ? [Message] extends [never]
      ? Run<Layers, this["In"]>["out"]
      : Message
    : never;
}

/** The input of the first layer that does not merely return the shape it gets. */
type DomainOf<Layers extends Parts> = Layers extends readonly [infer First, ...infer Rest]
  ? unknown extends ShapeFunctionOf<First>["Domain"]
    ? DomainOf<Rest>
    : ShapeFunctionOf<First>["Domain"]
  : Shape;

type LayersOf<P extends Parts> = P extends readonly [Shape, ...infer Layers] ? Layers : P;

/** One entry for each part: the message of a misfit, `never` for a part that fits. */
type FaultsOf<P extends Parts> = number extends P["length"]
  ? never[]
  : P extends readonly [Shape, ...infer Layers]
    ? [never, ...Run<Layers, InputOf<P>>["faults"]]
    : Run<P, InputOf<P>>["faults"];

type FaultAt<Faults extends readonly unknown[], Index> = Index extends keyof Faults ? Faults[Index] : never;

type FirstFault<Faults extends readonly unknown[]> = Faults[number];

/**
 * The shapes along the layers. After a misfit it goes on with what that layer gives for any input, so that one
 * mistake is reported once and a second one is still found.
 */
type Run<Layers extends Parts, X, Faults extends readonly unknown[] = []> = Layers extends readonly [
  infer First,
  ...infer Rest,
]
  ? Apply<ShapeFunctionOf<First>, X> extends infer Y
    ? Y extends string
      ? Run<Rest, Usual<ShapeFunctionOf<First>>, [...Faults, Y]>
      : Run<Rest, Y, [...Faults, never]>
    : never
  : { faults: Faults; out: X };

/** What a layer gives for any input. */
type Usual<F extends ShapeFunction> = Apply<F, Shape> extends infer Y extends Shape ? Y : Shape;

/** Whether a model that takes `In` can take `X`, as far as both are known. */
type Accepts<X, In> = X extends Shape
  ? In extends Shape
    ? number extends X["length"] | In["length"]
      ? true
      : X["length"] extends In["length"]
        ? false extends {
            [Axis in keyof In]: SameExtent<In[Axis], Axis extends keyof X ? X[Axis] : number>;
          }[number]
          ? false
          : true
        : false
    : true
  : true;
