import type { DType } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";

const made = new WeakMap<Float64Array, Map<string, Tensor>>();

/**
 * The tensor of given numbers, one for all layers that share them.
 *
 * Layers ask for the float32 one when they are made, so that each trace of a network meets the same tensors in the same
 * order, as an export with an open batch size needs.
 */
export function constantOf(values: Float64Array, shape: Shape, dtype: DType = "float32"): Tensor {
  const known = made.get(values) ?? new Map<string, Tensor>();
  made.set(values, known);
  const key = `${dtype} ${shape.join()}`;
  const found = known.get(key) ?? tensor(values, { shape, dtype });
  known.set(key, found);
  return found;
}
