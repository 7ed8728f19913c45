import type { DType } from "../../../core/dtype.ts";
import type { TensorSpec } from "../../../core/op.ts";
import type { Shape } from "../../../core/shape.ts";
import type { Dims } from "../batch-axis.ts";
import type { OnnxGraph } from "../onnx-graph.ts";

/** An operand or a result. */
export interface Value extends TensorSpec {
  /** Its name in the ONNX graph. */
  readonly name: string;
  /** Its shape, in which multiples of the batch's size may be open. */
  readonly dims: Dims;
}

/** One use of an operation. */
export interface Operation<A> {
  readonly attrs: A;
  readonly inputs: readonly Value[];
  readonly output: { readonly shape: Shape; readonly dtype: DType; readonly dims: Dims };
}

/** How an operation is written in ONNX. */
// biome-ignore lint/suspicious/noExplicitAny: the tables hold translations of every attribute type
export interface Translation<A = any> {
  /** Whether there is a counterpart for these settings; else the operation is exported as its decomposition. */
  accepts?(inputs: readonly TensorSpec[], attrs: A, opset: number): boolean;
  /** Adds the operators. @returns the name of the result. */
  translate(operation: Operation<A>, graph: OnnxGraph): string;
}

export type Translations = Readonly<Record<string, Translation>>;

export function names(values: readonly Value[]): string[] {
  return values.map(({ name }) => name);
}

/** One operator without attributes. */
export function plain(opType: string): Translation {
  return { translate: ({ inputs }, graph) => graph.add(opType, names(inputs)) };
}
