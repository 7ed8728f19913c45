import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { clamp, maximum, mul } from "./arithmetic.ts";
import { greater, less, logicalAnd, where } from "./compare.ts";
import { activate, defineActivation } from "./define-activation.ts";
import { expand } from "./expand.ts";
import type { TensorLike } from "./like.ts";
import { reshape } from "./movement.ts";
import { asReals } from "./real.ts";
import { sumTo } from "./reduce.ts";

type NoAttrs = Record<string, never>;

const reluOp: Op<NoAttrs> = defineActivation({
  name: "relu",
  scalar: (x) => Math.max(0, x),
  decompose: (x) => maximum(x, 0),
  // Asks the output, so that the input need not be kept.
  vjp: ({ output, gradient }) => where(greater(output, 0), gradient, 0),
});

/** max(0, x); the derivative at 0 is 0. */
export function relu(x: TensorLike): Tensor {
  return activate(reluOp, x, {});
}

const relu6Op: Op<NoAttrs> = defineActivation({
  name: "relu6",
  scalar: (x) => Math.min(Math.max(0, x), 6),
  decompose: (x) => clamp(x, 0, 6),
  vjp: ({ output, gradient }) => where(logicalAnd(greater(output, 0), less(output, 6)), gradient, 0),
});

/** min(max(0, x), 6); the derivative at 0 and at 6 is 0. */
export function relu6(x: TensorLike): Tensor {
  return activate(relu6Op, x, {});
}

type LeakyReluAttrs = { readonly negativeSlope: number };

const leakyReluOp: Op<LeakyReluAttrs> = defineActivation({
  name: "leakyRelu",
  scalar: (x, { negativeSlope }) => (x > 0 ? x : negativeSlope * x),
  decompose: (x, { negativeSlope }) => where(greater(x, 0), x, mul(x, negativeSlope)),
  settings: (draw) => ({ negativeSlope: draw.pick([0.01, 0.2, 1.5, -0.5]) }),
});

/** x where x > 0, else negativeSlope · x; the derivative at 0 is the negative slope. */
export function leakyRelu(x: TensorLike, options: { readonly negativeSlope?: number } = {}): Tensor {
  return activate(leakyReluOp, x, { negativeSlope: options.negativeSlope ?? 0.01 });
}

/** Inputs x and weight, where the weight has x's number of axes and broadcasts to it. */
const preluOp: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "prelu",
  shape: ([x]) => x!,
  reference: ([x, weight], _, out) => {
    const perChannel = weight!.data.length > 1;
    const channels = weight!.data.length;
    const inner = perChannel ? x!.shape.slice(2).reduce((a, b) => a * b, 1) : 1;
    for (let i = 0; i < out.data.length; i++) {
      const slope = weight!.data[perChannel ? Math.floor(i / inner) % channels : 0]!;
      const value = x!.data[i]!;
      out.data[i] = value > 0 ? value : slope * value;
    }
  },
  decompose: ([x, weight]) => where(greater(x!, 0), x!, mul(x!, weight!)),
  vjp: ({ inputs: [x, weight], gradient, needs }) => {
    const positive = greater(x!, 0);
    return [
      needs(0) ? where(positive, gradient, mul(gradient, expand(weight!, x!.shape))) : undefined,
      needs(1) ? sumTo(where(positive, 0, mul(gradient, x!)), weight!.shape) : undefined,
    ];
  },
  examples: (draw) => {
    const shape = draw.shape(draw.int(2, 4));
    const weight = shape.map((extent, axis) => (axis === 1 ? extent : 1));
    return {
      inputs: [{ shape, range: [-3, 3] }, { shape: draw.bool(0.7) ? weight : weight.map(() => 1) }],
      attrs: {},
    };
  },
});

/**
 * x where x > 0, else weight · x (He et al. 2015, arXiv:1502.01852, equation 1).
 *
 * @param weight of shape [1], or [C] with one slope for each channel of x: [N, C, …].
 * @throws ShapeError if the weight has another number of elements.
 */
export function prelu(x: TensorLike, weight: TensorLike): Tensor {
  const [t, w] = asReals(x, weight);
  const channels = t.rank > 1 ? t.shape[1]! : 1;
  if (w.size !== 1 && w.size !== channels) {
    throw new ShapeError("prelu", `${w.size} slopes for ${channels} channels`, {
      x: t.shape,
      weight: w.shape,
    });
  }
  const spread = t.shape.map((_, axis) => (axis === 1 ? w.size : 1));
  return apply(preluOp, [t, reshape(w, spread)], {});
}
