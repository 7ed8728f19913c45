import { type DType, isFloating, promote } from "../core/dtype.ts";
import { apply, defineOp } from "../core/op.ts";
import { broadcastShapes, type Shape, sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { expand } from "./expand.ts";

/** What an operation takes where a tensor is meant. */
export type TensorLike = Tensor | Variable;

export function asTensor(x: TensorLike): Tensor {
  return x instanceof Variable ? x.value : x;
}

const fullOp = defineOp<{ readonly value: number; readonly shape: Shape; readonly dtype: DType }>({
  name: "full",
  shape: (_, { shape, dtype }) => ({ shape, dtype }),
  reference: (_, { value }, out) => out.data.fill(value),
  vjp: () => [],
  examples: (draw) => ({
    inputs: [],
    attrs: { value: draw.int(-3, 3), shape: draw.shape(2), dtype: "float32" },
  }),
});

/** A tensor whose elements all are `value`. */
export function full(shape: Shape, value: number, dtype: DType = "float32"): Tensor {
  return apply(fullOp, [], { value, shape: [...shape], dtype });
}

export function zeros(shape: Shape, dtype: DType = "float32"): Tensor {
  return full(shape, 0, dtype);
}

export function ones(shape: Shape, dtype: DType = "float32"): Tensor {
  return full(shape, 1, dtype);
}

const castOp = defineOp<{ readonly dtype: DType }>({
  name: "cast",
  shape: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  reference: ([x], { dtype }, out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = convert(x!.data[i]!, dtype);
  },
  vjp: ({ inputs: [x], gradient }) => [isFloating(x!.dtype) ? cast(gradient, x!.dtype) : undefined],
  examples: (draw) => ({ inputs: [{ shape: draw.shape(2), range: [-5, 5] }], attrs: { dtype: "float32" } }),
});

/** A number as `dtype` holds it: int32 truncates towards zero and saturates, uint8 wraps, bool is whether it is not 0. */
function convert(value: number, dtype: DType): number {
  if (dtype === "bool") return Number(value !== 0);
  if (dtype === "int32") return Math.min(Math.max(Math.trunc(value) || 0, -(2 ** 31)), 2 ** 31 - 1);
  if (dtype === "uint8") return Math.trunc(value) & 255;
  return value;
}

/** The same elements in another type; to integers by truncation towards zero. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  const t = asTensor(x);
  return t.dtype === dtype ? t : apply(castOp, [t], { dtype });
}

/**
 * Brings operands to one shape (by broadcasting) and one element type (by promotion); numbers become tensors of the
 * other operands' type, or float32 where that holds integers and the number is none.
 */
export function unify(op: string, operands: readonly (TensorLike | number)[]): Tensor[] {
  const tensors = operands.filter((operand) => typeof operand !== "number").map(asTensor);
  let dtype: DType = tensors[0]?.dtype ?? "float32";
  for (const other of tensors) dtype = promote(dtype, other.dtype);
  for (const operand of operands) {
    if (typeof operand !== "number" || isFloating(dtype)) continue;
    if (!Number.isInteger(operand)) dtype = "float32";
    else dtype = promote(dtype, "int32");
  }
  const shape = broadcastShapes(op, ...tensors.map((tensor) => tensor.shape));
  return operands.map((operand) => {
    if (typeof operand === "number") return full(shape, operand, dtype);
    const t = cast(operand, dtype);
    return sameShape(t.shape, shape) ? t : expand(t, shape);
  });
}

/** Brings two tensors of different element types to one shape. */
export function expandTo(op: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const shape = broadcastShapes(op, a.shape, b.shape);
  const stretch = (t: Tensor): Tensor => (sameShape(t.shape, shape) ? t : expand(t, shape));
  return [stretch(a), stretch(b)];
}
