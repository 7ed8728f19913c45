/**
 * What layers do to shapes, for the type checker. A layer class carries its function under `"~shape"`:
 *
 * ```ts
 * export class Conv2d<
 *   const I extends number = number,
 *   const O extends number = number,
 *   const K extends Extents = Extents,
 *   const Options extends Conv2dOptions = NoOptions,
 * > extends Module {
 *   declare readonly "~shape": Conv2dShape<I, O, K, Options>;
 *
 *   constructor(
 *     inChannels: I,
 *     outChannels: O,
 *     kernelSize: K,
 *     options?: ConvolutionOptions<I, O, Options, Conv2dOptions>,
 *   ) {
 *     super();
 *     const { stride = 1, padding = 0 } = (options ?? {}) as Conv2dOptions;
 * ```
 *
 * - Type parameters are `const`, so that `{ padding: [1, 2] }` keeps its literals. Their defaults let a class write
 *   `readonly conv: Conv2d`, of which the checker then knows the rank only; `NoOptions` is also what an omitted
 *   argument infers.
 * - `ConvolutionOptions`, `PoolingOptions`, `GroupedChannels` and `ResidualBody` stand for a constructor's parameter
 *   and put a message in place of a value that is wrong whatever the input.
 * - A layer without settings takes `SameShape` from core. A layer that carries nothing is `UnknownShape`, and what
 *   follows it is checked as far as it is known.
 * - A class that runs layers of its own carries `ComposedShape<[Conv2d<I, O, 3>, ReLU, …]>`.
 *
 * A constructor has no type parameters of its own, so the one of `Sequential`, which infers its layers and returns only
 * what goes in and comes out, is an interface beside the class:
 *
 * ```ts
 * export class SequentialModule<In, Out> extends Module {
 *   declare readonly "~shape": SequenceShape<In, Out>;
 *   constructor(...parts: readonly (Module | Shape)[]) { … }
 * }
 * export interface Sequential<In = Shape, Out = Shape> extends SequentialModule<In, Out> {}
 * export interface SequentialConstructor {
 *   new <const Parts extends readonly (Module | Shape)[]>(
 *     ...parts: CheckedParts<Parts>
 *   ): Sequential<InputOf<Parts>, OutputOf<Parts>>;
 * }
 * export const Sequential: SequentialConstructor = SequentialModule;
 * ```
 *
 * It is one signature for layers alone and for layers behind the shape of one input: with two overloads the checker
 * would report a misfit at the word `Sequential` and not at the layer.
 */
export type * from "./types/convolution.ts";
export type * from "./types/dense.ts";
export type * from "./types/global-pooling.ts";
export type * from "./types/normalization.ts";
export type * from "./types/padding.ts";
export type * from "./types/pooling.ts";
export type * from "./types/residual.ts";
export type * from "./types/sequence.ts";
export type { ForEachAxis, NoOptions, PerAxis, SpatialRank } from "./types/window.ts";
