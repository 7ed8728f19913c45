import type { Tensor } from "../../core/tensor.ts";
import { Module } from "../../nn/module.ts";
import { max } from "../../ops/reduce.ts";
import { fieldNorms } from "./field-norms.ts";
import { FieldType } from "./field-type.ts";
import { overRuns } from "./over-runs.ts";

/** What poolings over fields share: each field becomes a number that the group leaves alone, [N, channels, …] → [N, fields, …]. */
abstract class FieldPooling extends Module {
  readonly inType: FieldType;
  /** A scalar field for each field. */
  readonly outType: FieldType;

  protected constructor(type: FieldType) {
    super();
    this.inType = type;
    this.outType = FieldType.trivial(type.group, type.fields);
  }

  /** [N, fields, size, …] → [N, fields, 1, …] */
  protected abstract reduce(fields: Tensor): Tensor;

  override forward(x: Tensor): Tensor {
    return overRuns(this.constructor.name, this.inType, x, (fields) => this.reduce(fields));
  }

  protected override settings(): string {
    return `${this.inType}`;
  }
}

/**
 * The largest channel of each field whose channels the group permutes.
 *
 * @throws ArgumentError for other fields.
 */
export class FieldMaxPool extends FieldPooling {
  constructor(type: FieldType) {
    type.requirePermutations("FieldMaxPool");
    super(type);
  }

  protected override reduce(fields: Tensor): Tensor {
    return max(fields, 2, { keepDims: true });
  }
}

/** The Euclidean length of each field, of every kind. */
export class NormPool extends FieldPooling {
  constructor(type: FieldType) {
    super(type);
  }

  protected override reduce(fields: Tensor): Tensor {
    return fieldNorms(fields);
  }
}
