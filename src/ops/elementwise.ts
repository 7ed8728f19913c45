import type { Draw } from "../core/draw.ts";
import { type DType, isFloating } from "../core/dtype.ts";
import { apply, defineOp, type Example, type Op, type OpDefinition, type TensorSpec } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { cast, type TensorLike, unify } from "./like.ts";

/** An op that treats every position alike: all operands and the result have one shape. */
export type ElementwiseOp = Op<Record<string, never>>;

interface ElementwiseDefinition {
  readonly name: string;
  /** The scalar function, in float64. */
  readonly scalar: (...values: number[]) => number;
  readonly arity: number;
  /** The result's type, given the operands'; default: the last operand's. */
  readonly dtype?: (inputs: readonly TensorSpec[]) => DType;
  readonly vjp?: OpDefinition<Record<string, never>>["vjp"];
  /** Intervals that the examples draw operands from. */
  readonly ranges?: readonly (readonly [number, number])[];
  readonly dtypes?: readonly DType[];
}

/** Declares an elementwise op from its scalar function and its derivative. */
export function defineElementwise(definition: ElementwiseDefinition): ElementwiseOp {
  const { name, scalar, arity, dtype = (inputs) => inputs.at(-1)!.dtype, vjp, ranges, dtypes } = definition;
  return defineOp<Record<string, never>>({
    name,
    shape: (inputs) => ({ shape: inputs[0]!.shape, dtype: dtype(inputs) }),
    reference: (inputs, _, out) => {
      const data = inputs.map((input) => input.data);
      const integer = out.dtype === "int32";
      const values = new Array<number>(arity);
      for (let i = 0; i < out.data.length; i++) {
        for (let k = 0; k < arity; k++) values[k] = data[k]![i]!;
        const value = scalar(...values);
        out.data[i] = integer ? value | 0 : value;
      }
    },
    ...(vjp ? { vjp } : { differentiable: false }),
    examples: (draw: Draw): Example<Record<string, never>> => {
      const shape = draw.shape(draw.int(0, 3), 5);
      return {
        inputs: Array.from({ length: arity }, (_, k) => ({
          shape,
          ...(ranges?.[k] && { range: ranges[k]! }),
          ...(dtypes?.[k] && { dtype: dtypes[k]! }),
        })),
        attrs: {},
      };
    },
  });
}

/** Applies an elementwise op after bringing its operands to one shape and type. */
export function applyElementwise(op: ElementwiseOp, ...operands: readonly (TensorLike | number)[]): Tensor {
  return apply(op, unify(op.name, operands), {});
}

/** Like {@link applyElementwise}, for functions of real numbers: integers become float32 first. */
export function applyReal(op: ElementwiseOp, ...operands: readonly (TensorLike | number)[]): Tensor {
  const unified = unify(op.name, operands).map((t) => (isFloating(t.dtype) ? t : cast(t, "float32")));
  return apply(op, unified, {});
}
