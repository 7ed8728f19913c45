import type { Tensor } from "../../core/tensor.ts";
import { concat, narrow, reshape } from "../../ops/movement.ts";
import type { FieldType, Run } from "./field-type.ts";

/**
 * Applies a function to each run of fields, [N, fields, size, …space] → [N, fields, m, …space], and puts the channels of
 * the results together again, [N, Σ fields·m, …space].
 *
 * @throws ShapeError unless x has the type's channels.
 */
export function overRuns(
  layer: string,
  type: FieldType,
  x: Tensor,
  apply: (fields: Tensor, run: Run, index: number) => Tensor,
): Tensor {
  type.requireInput(layer, x);
  const [batch, , ...space] = x.shape as [number, number, ...number[]];
  const parts = type.runs.map((run, index) => {
    const { channel, fields, representation } = run;
    const size = fields * representation.size;
    const own = type.runs.length === 1 ? x : narrow(x, 1, channel, channel + size);
    const y = apply(reshape(own, [batch, fields, representation.size, ...space]), run, index);
    return reshape(y, [batch, fields * y.shape[2]!, ...space]);
  });
  return parts.length === 1 ? parts[0]! : concat(parts, 1);
}
