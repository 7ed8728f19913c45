import type { Shape } from "../core/shape.ts";
import { fansOf, uniform } from "./init.ts";
import { Parameter } from "./parameter.ts";

export interface WeightAndBias {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
}

/**
 * The parameters of a linear or convolutional layer, all of U(−b, b) with b = 1/√fanIn.
 *
 * For the weight this is `kaimingUniform` with a = √5, the default of PyTorch's layers.
 *
 * @param biasSize elements of the bias; undefined for none.
 */
export function weightAndBias(shape: Shape, biasSize: number | undefined): WeightAndBias {
  const bound = 1 / Math.sqrt(fansOf(shape).fanIn);
  const draw = (extents: Shape): Parameter => uniform(Parameter.zeros(extents), -bound, bound);
  return { weight: draw(shape), bias: biasSize === undefined ? undefined : draw([biasSize]) };
}
