import type { BatchNormOptions } from "../../nn/batch-norm.ts";
import { BatchNorm2d } from "../../nn/batch-norm2d.ts";
import { FieldBatchNorm } from "./field-batch-norm.ts";
import type { FieldType } from "./field-type.ts";

/**
 * Batch normalization of fields whose channels the group permutes, [N, channels, H, W], with statistics, factors and
 * summands that a field's channels share: those of single channels would break the symmetry.
 *
 * `norms.i.weight`, `bias`, `running_mean` and `running_var` [fields] are those of the i-th run of equal fields.
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), section 2.6.
 *
 * @throws ArgumentError for other fields.
 */
export class InnerBatchNorm extends FieldBatchNorm {
  constructor(type: FieldType, options: BatchNormOptions = {}) {
    type.requirePermutations("InnerBatchNorm");
    super(type, options, ({ fields }) => new BatchNorm2d(fields, options));
  }
}
