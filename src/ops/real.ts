import { isFloating, promote } from "../core/dtype.ts";
import type { Tensor } from "../core/tensor.ts";
import { asTensor, cast, type TensorLike } from "./like.ts";

/** The tensor itself where its elements are real numbers; whole numbers become float32. */
export function asReal(x: TensorLike): Tensor {
  const t = asTensor(x);
  return isFloating(t.dtype) ? t : cast(t, "float32");
}

/** Brings tensors to one real element type, the widest of theirs; their shapes stay. */
export function asReals<const T extends readonly TensorLike[]>(
  ...operands: T
): { -readonly [K in keyof T]: Tensor } {
  const tensors = operands.map(asReal);
  const dtype = tensors.map((t) => t.dtype).reduce(promote);
  return tensors.map((t) => cast(t, dtype)) as { -readonly [K in keyof T]: Tensor };
}
