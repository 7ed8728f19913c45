import { BatchNorm2d } from "../../nn/batch-norm2d.ts";
import { FieldBatchNorm } from "./field-batch-norm.ts";
import type { FieldType } from "./field-type.ts";
import { type MomentOptions, SecondMomentNorm } from "./second-moment-norm.ts";

/**
 * Batch normalization of fields of every kind, [N, channels, H, W]: x · weight/√(E|x|²/size + eps) for each field, which
 * takes no mean away, since only an invariant may be subtracted; trivial fields are normalized as usual.
 *
 * `norms.i.weight` and `running_var` [fields] are those of the i-th run of equal fields.
 *
 * Weiler, Cesa: General E(2)-Equivariant Steerable CNNs (2019), section 2.6.
 */
export class NormBatchNorm extends FieldBatchNorm {
  constructor(type: FieldType, options: MomentOptions = {}) {
    super(type, options, ({ fields, representation: { size, isPermutation } }) =>
      size === 1 && isPermutation ? new BatchNorm2d(fields, options) : new SecondMomentNorm(fields, options),
    );
  }
}
