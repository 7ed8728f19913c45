import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { layerNorm } from "../ops/layer-norm.ts";
import { constant } from "./init.ts";
import type { LayerNormShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";

export interface LayerNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Whether there are learned factors and summands; default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether the learned ones include summands; default true. */
  readonly bias?: boolean;
}

/**
 * (x − μ)/√(σ² + eps) · weight + bias with mean and biased variance over the last axes of each sample.
 *
 * weight (ones at first) and bias (zeros) have the normalized shape, the extents of those axes.
 *
 * Ba, Kiros, Hinton: Layer Normalization (2016), equation 4.
 */
export class LayerNorm<const Normalized extends number | Shape = number | Shape> extends Module {
  declare readonly "~shape": LayerNormShape<Normalized>;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly normalizedShape: Shape;
  readonly options: LayerNormOptions;

  constructor(normalizedShape: Normalized, options: LayerNormOptions = {}) {
    super();
    this.normalizedShape =
      typeof normalizedShape === "number" ? [normalizedShape] : [...(normalizedShape as Shape)];
    for (const extent of this.normalizedShape) requireCount("LayerNorm", "normalizedShape", extent);
    this.options = options;
    const { elementwiseAffine = true, bias = true } = options;
    if (elementwiseAffine) this.weight = constant(Parameter.zeros(this.normalizedShape), 1);
    if (elementwiseAffine && bias) this.bias = Parameter.zeros(this.normalizedShape);
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, normalizedShape, options } = this;
    return layerNorm(x, normalizedShape, {
      ...(weight && { weight }),
      ...(bias && { bias }),
      eps: options.eps ?? 1e-5,
    });
  }

  protected override settings(): string {
    return showArguments(this.normalizedShape, this.options);
  }
}
