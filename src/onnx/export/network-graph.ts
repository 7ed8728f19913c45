import type { DType } from "../../core/dtype.ts";
import type { Attrs, TensorSpec } from "../../core/op.ts";
import type { Shape } from "../../core/shape.ts";

/** A tensor that flows through a network, by its name. */
export interface NetworkValue {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An operation of Fovea by its name and attributes; its operands are inputs, weights, constants or earlier results. */
export interface NetworkNode extends TensorSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attrs: Attrs;
}

/**
 * A network in evaluation mode as plain data, which can be stored as JSON and read by another runtime.
 *
 * It is Fovea's own graph but for what Fovea writes at greater length than others do: the bias of a convolution is its
 * third operand, and where an operation is elementwise, a product of matrices or a `gather`, operands (of `gather` the
 * index) are broadcast without being expanded.
 */
export interface NetworkGraph {
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
  /** Shapes of the parameters and running statistics that are used, by their paths. */
  readonly weights: Readonly<Record<string, Shape>>;
  /** Other tensors of fixed values that the network contains. */
  readonly constants: Readonly<Record<string, Shape>>;
  /** In an order in which they can be computed. */
  readonly nodes: readonly NetworkNode[];
}
