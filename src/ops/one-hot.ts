import { type DType, isFloating } from "../core/dtype.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { equal } from "./compare.ts";
import { gather } from "./gather.ts";
import { asTensor, cast, type TensorLike } from "./like.ts";
import { iota, reshape, unsqueeze } from "./movement.ts";

/**
 * Whole numbers that are checked to lie in [0, size) when the program runs, which raises an IndexError where one does
 * not: they are looked up in the table 0, 1, …, size − 1.
 */
export function checkedIndices(op: string, indices: TensorLike, size: number): Tensor {
  const t = asTensor(indices);
  if (isFloating(t.dtype)) {
    throw new ShapeError(op, "indices must be whole numbers", {
      indices: `${t.dtype} [${t.shape.join(", ")}]`,
    });
  }
  const flat = reshape(cast(t, "int32"), [t.size]);
  return reshape(gather(iota(size), flat, 0), t.shape);
}

/** Whether class c along a new axis `axis` is the one that `indices` names, as bool; indices are not checked. */
export function classMask(indices: Tensor, classes: number, axis: number): Tensor {
  const named = unsqueeze(indices, axis);
  const numbers = reshape(
    iota(classes),
    named.shape.map((_, a) => (a === axis ? classes : 1)),
  );
  return equal(numbers, named);
}

/**
 * One-hot vectors: shape [...] → [..., classes], 1 where the index names the class and 0 elsewhere.
 *
 * @throws IndexError when it is computed, if an index is outside [0, classes).
 */
export function oneHot(indices: TensorLike, classes: number, dtype: DType = "float32"): Tensor {
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new ArgumentError(
      `oneHot: the number of classes must be a whole number above 0, but is ${classes}`,
    );
  }
  const checked = checkedIndices("oneHot", indices, classes);
  return cast(classMask(checked, classes, checked.rank), dtype);
}
