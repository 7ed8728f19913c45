import type { Draw } from "./draw.ts";
import type { DType } from "./dtype.ts";
import { ArgumentError } from "./errors.ts";
import type { Shape } from "./shape.ts";
import { Tensor } from "./tensor.ts";

export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An operation's settings: plain data, so that a graph can be printed, compared and stored. */
export type Attr = string | number | boolean | null | readonly Attr[] | { readonly [key: string]: Attr };
// biome-ignore lint/complexity/noBannedTypes: an op without settings has the empty record
export type Attrs = { readonly [key: string]: Attr } | {};

/** A tensor as the reference loops see it: every element type is held in float64. */
export interface RefArray extends TensorSpec {
  readonly data: Float64Array;
}

export interface VjpContext<A extends Attrs> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** The gradient of the final scalar with respect to `output`; same shape and type as `output`. */
  readonly gradient: Tensor;
  readonly attrs: A;
  /** Whether the gradient with respect to input `i` is wanted; others may be left `undefined`. */
  needs(i: number): boolean;
}

export interface ExampleInput {
  readonly shape: Shape;
  /** Defaults to float32 (float64 in the gradient check). */
  readonly dtype?: DType;
  /** Interval of the uniform random values; default [-1, 1). Integer types draw integers in [low, high). */
  readonly range?: readonly [low: number, high: number];
  /** Exact values instead of random ones. */
  readonly values?: readonly number[];
}

export interface Example<A extends Attrs> {
  readonly inputs: readonly ExampleInput[];
  readonly attrs: A;
}

/** The one declaration of an operation; everything else (gradient, backends, checks, docs) follows from it. */
export interface OpDefinition<A extends Attrs> {
  readonly name: string;
  /** Decides the output's shape and type without data, and throws a `ShapeError` for operands that do not fit. */
  shape(inputs: readonly TensorSpec[], attrs: A): TensorSpec;
  /** What the operation means, as a plain loop in float64. `out` is zeroed. */
  reference(inputs: readonly RefArray[], attrs: A, out: RefArray): void;
  /** Vector-Jacobian product, written in ops: one gradient per input, `undefined` where there is none. */
  vjp?(context: VjpContext<A>): readonly (Tensor | undefined)[];
  /** The same function in terms of simpler ops, for backends without a kernel of its own. */
  decompose?(inputs: readonly Tensor[], attrs: A): Tensor;
  /** False for functions that are constant almost everywhere, such as comparisons. */
  readonly differentiable?: boolean;
  /** Draws one random, valid use: these drive the gradient check and the conformance of backends. */
  examples(draw: Draw): Example<A>;
}

export interface Op<A extends Attrs = Attrs> extends OpDefinition<A> {}

// biome-ignore lint/suspicious/noExplicitAny: the registry holds ops of every attribute type
export type AnyOp = Op<any>;

const registry = new Map<string, AnyOp>();

/**
 * Declares an operation of the library and enters it into the registry.
 *
 * An op has a gradient (`vjp`), or a decomposition through which it is differentiated, or says that it has none.
 */
export function defineOp<A extends Attrs>(definition: OpDefinition<A>): Op<A> {
  const { name, vjp, decompose, differentiable = true } = definition;
  if (registry.has(name)) throw new ArgumentError(`defineOp: there is an op named "${name}" already`);
  if (differentiable && !vjp && !decompose) {
    throw new ArgumentError(`defineOp: "${name}" needs a vjp, a decomposition, or differentiable: false`);
  }
  registry.set(name, definition);
  return definition;
}

/** Ops that were declared by a program which uses the library. */
const foreign = new Set<string>();

/**
 * Declares an operation of one's own and enters it into the registry.
 *
 * An op has a gradient (`vjp`), or a decomposition through which it is differentiated, or says that it has none.
 */
export function defineForeignOp<A extends Attrs>(definition: OpDefinition<A>): Op<A> {
  const op = defineOp(definition);
  foreign.add(op.name);
  return op;
}

/** Whether an op's definition is no part of the library. */
export function isForeignOp(name: string): boolean {
  return foreign.has(name);
}

export function opNamed(name: string): AnyOp {
  const op = registry.get(name);
  if (!op) throw new ArgumentError(`there is no op named "${name}"`);
  return op;
}

/** Every declared op, in order of declaration. */
export function allOps(): readonly AnyOp[] {
  return [...registry.values()];
}

/** Applies an op: checks the operands, and returns the lazy result. */
export function apply<A extends Attrs>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  return Tensor.node(op, inputs, attrs, op.shape(inputs, attrs));
}
