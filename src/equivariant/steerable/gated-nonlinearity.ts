import { ArgumentError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { Module } from "../../nn/module.ts";
import { mul } from "../../ops/arithmetic.ts";
import { sigmoid } from "../../ops/math.ts";
import { narrow, unsqueeze } from "../../ops/movement.ts";
import { relu } from "../../ops/rectifiers.ts";
import { FieldType } from "./field-type.ts";
import { overRuns } from "./over-runs.ts";

/**
 * x · σ(gate) for each field that is not trivial, with a scalar field as its gate, and max(0, x) for trivial ones:
 * [N, inType.channels, …] → [N, outType.channels, …].
 *
 * `outType` is the given type; `inType`, which the layer before has to make, is that type with the gates behind it.
 *
 * Weiler, Geiger, Welling, Boomsma, Cohen: 3D Steerable CNNs (2018); Weiler, Cesa (2019), section 2.6.
 *
 * @throws ArgumentError if all fields are trivial.
 */
export class GatedNonlinearity extends Module {
  readonly inType: FieldType;
  readonly outType: FieldType;
  readonly #gates: number;

  constructor(type: FieldType) {
    super();
    this.#gates = type.runs.reduce((sum, run) => sum + (isTrivial(run) ? 0 : run.fields), 0);
    if (this.#gates === 0) {
      throw new ArgumentError(`GatedNonlinearity: there is nothing to gate in ${type}: take FieldReLU`);
    }
    this.outType = type;
    this.inType = type.plus(FieldType.trivial(type.group, this.#gates));
  }

  override forward(x: Tensor): Tensor {
    const { inType, outType } = this;
    inType.requireInput("GatedNonlinearity", x);
    const gates = sigmoid(narrow(x, 1, outType.channels, inType.channels));
    let next = 0;
    const values = narrow(x, 1, 0, outType.channels);
    return overRuns("GatedNonlinearity", outType, values, (fields, run) => {
      if (isTrivial(run)) return relu(fields);
      const own = narrow(gates, 1, next, next + run.fields);
      next += run.fields;
      return mul(fields, unsqueeze(own, 2));
    });
  }

  protected override settings(): string {
    return `${this.outType}`;
  }
}

function isTrivial({ representation: { matrices, size } }: FieldType["runs"][number]): boolean {
  return size === 1 && matrices.every(([entry]) => entry === 1);
}
