import type { SameShape } from "../../core/shape-types.ts";
import type { Tensor } from "../../core/tensor.ts";
import * as init from "../../nn/init.ts";
import { Module } from "../../nn/module.ts";
import { Parameter } from "../../nn/parameter.ts";
import { add, div, mul } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/like.ts";
import { narrow, reshape } from "../../ops/movement.ts";
import { relu } from "../../ops/rectifiers.ts";
import { fieldNorms } from "./field-norms.ts";
import type { FieldType } from "./field-type.ts";
import { overRuns } from "./over-runs.ts";

/**
 * x · max(0, |x| + bias)/|x| for each field: its length passes a ReLU, and its direction stays, so that fields of every
 * kind may pass.
 *
 * bias [fields], −0.1 at first: below that length a field is off.
 *
 * Worrall, Garbin, Turmukhambetov, Brostow: Harmonic Networks (2017); Weiler, Cesa (2019), section 2.6.
 */
export class NormReLU extends Module {
  declare readonly "~shape": SameShape;
  readonly bias: Parameter;
  readonly inType: FieldType;
  readonly outType: FieldType;

  constructor(type: FieldType) {
    super();
    this.inType = type;
    this.outType = type;
    this.bias = init.constant(Parameter.zeros([type.fields]), -0.1);
  }

  override forward(x: Tensor): Tensor {
    let field = 0;
    return overRuns("NormReLU", this.inType, x, (fields, run) => {
      const norms = fieldNorms(fields);
      const own = narrow(this.bias, 0, field, field + run.fields);
      field += run.fields;
      const bias = reshape(cast(own, x.dtype), [run.fields, ...norms.shape.slice(2).map(() => 1)]);
      return mul(fields, div(relu(add(norms, bias)), norms));
    });
  }

  protected override settings(): string {
    return `${this.inType}`;
  }
}
