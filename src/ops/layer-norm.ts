import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { type Shape, sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, mul, sub } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
import {
  type AffineOptions,
  affineOperands,
  type EpsAttrs,
  referenceNormalization,
  standardize,
} from "./normalize.ts";
import { sum, sumTo } from "./reduce.ts";

/** The last axes of x, as many as the weight has. */
function innerAxes(x: Tensor, weight: Tensor): number[] {
  return weight.shape.map((_, axis) => x.rank - weight.rank + axis);
}

const layerNormOp: Op<EpsAttrs> = defineOp<EpsAttrs>({
  name: "layerNorm",
  shape: ([x, weight, bias]) => {
    const offset = x!.shape.length - weight!.shape.length;
    const inner = x!.shape.slice(Math.max(offset, 0));
    if (weight!.shape.length === 0 || !sameShape(inner, weight!.shape) || !sameShape(inner, bias!.shape)) {
      throw new ShapeError("layerNorm", "weight and bias must have the shape of the last axes of x", {
        x: x!.shape,
        weight: weight!.shape,
        bias: bias!.shape,
      });
    }
    return x!;
  },
  reference: (inputs, { eps }, out) => {
    const size = inputs[1]!.data.length;
    referenceNormalization(
      inputs,
      out,
      eps,
      (i) => Math.floor(i / size),
      (i) => i % size,
    );
  },
  decompose: ([x, weight, bias], { eps }) => {
    const { normalized } = standardize(x!, innerAxes(x!, weight!), eps);
    return add(mul(normalized, weight!), bias!);
  },
  // With h = g w: dx = s (h − (Σ h + x̂ Σ h x̂) / n).
  vjp: ({ inputs: [x, weight], gradient, attrs: { eps }, needs }) => {
    const axes = innerAxes(x!, weight!);
    const { normalized, scale } = standardize(x!, axes, eps);
    const inner = (): Tensor => {
      const h = mul(gradient, weight!);
      const total = sum(h, axes, { keepDims: true });
      const along = sum(mul(h, normalized), axes, { keepDims: true });
      return mul(scale, sub(h, div(add(total, mul(normalized, along)), weight!.size)));
    };
    return [
      needs(0) ? inner() : undefined,
      needs(1) ? sumTo(mul(gradient, normalized), weight!.shape) : undefined,
      needs(2) ? sumTo(gradient, weight!.shape) : undefined,
    ];
  },
  examples: (draw) => {
    const shape = [...draw.shape(draw.int(0, 2), 3), draw.int(2, 5)];
    const normalized = shape.slice(draw.int(0, shape.length - 1));
    return {
      inputs: [{ shape }, { shape: normalized }, { shape: normalized }],
      attrs: { eps: draw.pick([1e-2, 0.1]) },
    };
  },
});

/**
 * (x − μ) / √(σ² + eps) · weight + bias, with mean and biased variance over the last axes (Ba et al. 2016,
 * arXiv:1607.06450).
 *
 * @param normalizedShape the extents of those axes; weight and bias have this shape.
 */
export function layerNorm(
  x: TensorLike,
  normalizedShape: number | Shape,
  options: AffineOptions = {},
): Tensor {
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  const { inputs, eps } = affineOperands(x, () => shape, options);
  const [t, weight] = inputs;
  if (sizeOf(shape) === 0 || !sameShape(weight.shape, shape)) {
    throw new ShapeError("layerNorm", "the weight must have the normalized shape", {
      x: t.shape,
      weight: weight.shape,
      normalizedShape: shape,
    });
  }
  return apply(layerNormOp, inputs, { eps });
}
