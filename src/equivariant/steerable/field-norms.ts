import type { Tensor } from "../../core/tensor.ts";
import { add, square } from "../../ops/arithmetic.ts";
import { sqrt } from "../../ops/math.ts";
import { sum } from "../../ops/reduce.ts";

/** Keeps the length's gradient finite at 0. */
const eps = 1e-10;

/** √(|x|² + 1e-10) of each field: [N, fields, size, …] → [N, fields, 1, …]. */
export function fieldNorms(fields: Tensor): Tensor {
  return sqrt(add(sum(square(fields), 2, { keepDims: true }), eps));
}
