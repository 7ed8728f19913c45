import type { SameShape } from "../../core/shape-types.ts";
import type { Tensor } from "../../core/tensor.ts";
import { Module } from "../../nn/module.ts";
import { ReLU } from "../../nn/relu.ts";
import { relu } from "../../ops/rectifiers.ts";
import type { FieldType } from "./field-type.ts";

/**
 * max(0, x) for each channel, of fields whose channels the group only permutes.
 *
 * @throws ArgumentError for other fields.
 */
export class FieldReLU extends Module {
  declare readonly "~shape": SameShape;
  readonly inType: FieldType;
  readonly outType: FieldType;

  constructor(type: FieldType) {
    super();
    type.requirePermutations("FieldReLU");
    this.inType = type;
    this.outType = type;
  }

  override forward(x: Tensor): Tensor {
    this.inType.requireInput("FieldReLU", x);
    return relu(x);
  }

  toPlain(): ReLU {
    return new ReLU();
  }

  protected override settings(): string {
    return `${this.inType}`;
  }
}
