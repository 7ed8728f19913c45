import { isFloating } from "../core/dtype.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { equal, logicalAnd, notEqual, where } from "./compare.ts";
import { asTensor, cast, type TensorLike } from "./like.ts";
import { exp } from "./math.ts";
import { reshape, squeeze, unsqueeze } from "./movement.ts";
import { checkedIndices, classMask } from "./one-hot.ts";
import { asReals } from "./real.ts";
import { sum } from "./reduce.ts";
import { type ReductionOptions, reduceLoss } from "./reduce-loss.ts";
import { logSoftmax } from "./softmax.ts";

type AxisAttrs = { readonly axis: number };

const keepDims = { keepDims: true } as const;

/**
 * −Σ_c q_c · ln softmax(z)_c along the class axis, which stays with extent 1: the cross-entropy of a distribution q,
 * or of any other weights of the classes. A class with q = 0 counts nothing, even where its logit is −∞.
 */
const crossEntropyOp: Op<AxisAttrs> = defineOp<AxisAttrs>({
  name: "crossEntropy",
  shape: ([logits], { axis }) => ({ shape: logits!.shape.with(axis, 1), dtype: logits!.dtype }),
  reference: ([logits, q], { axis }, out) => {
    const classes = logits!.shape[axis]!;
    const step = sizeOf(logits!.shape.slice(axis + 1));
    for (let line = 0; line < out.data.length; line++) {
      const start = Math.floor(line / step) * classes * step + (line % step);
      const end = start + classes * step;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = start; i < end; i += step) largest = Math.max(largest, logits!.data[i]!);
      let total = 0;
      for (let i = start; i < end; i += step) total += Math.exp(logits!.data[i]! - largest);
      const normalizer = largest + Math.log(total);
      for (let i = start; i < end; i += step) {
        if (q!.data[i] !== 0) out.data[line]! += q!.data[i]! * (normalizer - logits!.data[i]!);
      }
    }
  },
  decompose: ([logits, q], { axis }) => negatedDot(q!, logSoftmax(logits!, axis), axis),
  // dz = g (softmax(z) Σ q − q); the exponential shares the forward pass's reductions.
  vjp: ({ inputs: [logits, q], gradient, attrs: { axis }, needs }) => {
    const logProbabilities = logSoftmax(logits!, axis);
    return [
      needs(0) ? mul(gradient, sub(mul(exp(logProbabilities), sum(q!, axis, keepDims)), q!)) : undefined,
      needs(1) ? neg(mul(gradient, logProbabilities)) : undefined,
    ];
  },
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 3), 5);
    return {
      inputs: [
        { shape, range: [-4, 4] },
        { shape, range: [0, 1] },
      ],
      attrs: { axis: draw.int(0, shape.length - 1) },
    };
  },
});

/** −Σ q · l along an axis, where terms with q = 0 count nothing. */
function negatedDot(q: Tensor, l: Tensor, axis: number): Tensor {
  return neg(sum(where(equal(q, 0), 0, mul(q, l)), axis, keepDims));
}

export interface ClassLossOptions extends ReductionOptions {
  /** A factor for each class, of shape [C]; a mean is divided by the sum of the targets' factors. */
  readonly weight?: TensorLike;
  /** Targets with this index count nothing; default −100. */
  readonly ignoreIndex?: number;
}

export interface CrossEntropyOptions extends ClassLossOptions {
  /** Part of the target, in [0, 1], that is spread evenly over all classes; default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Cross-entropy −ln softmax(logits)[target].
 *
 * @param logits of shape [N, C, …] or [C].
 * @param target class indices of shape [N, …] or [], or class probabilities (real numbers) of the logits' shape.
 * @returns a scalar, or with `reduction: "none"` the target's shape without the class axis. The mean over class
 * indices is weighted, Σ loss / Σ weight[target] over those not ignored; over probabilities it is Σ loss / N ….
 * @throws ShapeError if the shapes do not fit; IndexError, when it is computed, if a class index is not in [0, C).
 */
export function crossEntropy(
  logits: TensorLike,
  target: TensorLike,
  options: CrossEntropyOptions = {},
): Tensor {
  const { labelSmoothing = 0, reduction } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`crossEntropy: labelSmoothing must lie in [0, 1], but is ${labelSmoothing}`);
  }
  const t = asTensor(target);
  const [z] = isFloating(t.dtype) ? asReals(logits, t) : asReals(logits);
  const axis = classAxis("crossEntropy", z);
  const weight = classWeights("crossEntropy", z, axis, options.weight);
  const smooth = (q: Tensor): Tensor =>
    labelSmoothing === 0 ? q : add(mul(q, 1 - labelSmoothing), labelSmoothing / z.shape[axis]!);
  const lossOf = (q: Tensor): Tensor =>
    squeeze(apply(crossEntropyOp, [z, weight ? mul(q, weight) : q], { axis }), axis);

  if (isFloating(t.dtype)) {
    if (!sameShape(t.shape, z.shape)) {
      throw new ShapeError("crossEntropy", "class probabilities must have the shape of the logits", {
        logits: z.shape,
        target: t.shape,
      });
    }
    return reduceLoss("crossEntropy", lossOf(smooth(cast(t, z.dtype))), reduction);
  }
  const { hot, counted } = classTargets("crossEntropy", z, axis, t, options.ignoreIndex);
  const losses = lossOf(mul(smooth(cast(hot, z.dtype)), cast(counted, z.dtype)));
  return reduceLoss("crossEntropy", losses, reduction, weightedMean(z, axis, hot, counted, weight));
}

/**
 * Negative log-likelihood −logProbabilities[target]: cross-entropy behind a `logSoftmax`.
 *
 * @param logProbabilities of shape [N, C, …] or [C].
 * @param target class indices of shape [N, …] or [].
 * @throws ShapeError if the shapes do not fit; IndexError, when it is computed, if a class index is not in [0, C).
 */
export function nllLoss(
  logProbabilities: TensorLike,
  target: TensorLike,
  options: ClassLossOptions = {},
): Tensor {
  const [l] = asReals(logProbabilities);
  const axis = classAxis("nllLoss", l);
  const weight = classWeights("nllLoss", l, axis, options.weight);
  const { hot, counted } = classTargets("nllLoss", l, axis, asTensor(target), options.ignoreIndex);
  const q = cast(logicalAnd(hot, counted), l.dtype);
  const losses = squeeze(negatedDot(weight ? mul(q, weight) : q, l, axis), axis);
  return reduceLoss("nllLoss", losses, options.reduction, weightedMean(l, axis, hot, counted, weight));
}

function classAxis(op: string, x: Tensor): number {
  if (x.rank === 0) throw new ShapeError(op, "there is no class axis", { logits: x.shape });
  return x.rank === 1 ? 0 : 1;
}

/** The factors of the classes, laid along the class axis. */
function classWeights(
  op: string,
  x: Tensor,
  axis: number,
  weight: TensorLike | undefined,
): Tensor | undefined {
  if (!weight) return undefined;
  const w = asTensor(weight);
  if (!sameShape(w.shape, [x.shape[axis]!])) {
    throw new ShapeError(op, "there must be one weight for each class", { logits: x.shape, weight: w.shape });
  }
  return reshape(
    cast(w, x.dtype),
    x.shape.map((extent, a) => (a === axis ? extent : 1)),
  );
}

/** Which class each target names, and whether it counts (with a class axis of extent 1); both bool. */
function classTargets(
  op: string,
  x: Tensor,
  axis: number,
  target: Tensor,
  ignoreIndex = -100,
): { hot: Tensor; counted: Tensor } {
  const classes = x.shape[axis]!;
  const expected = x.shape.toSpliced(axis, 1);
  if (!sameShape(target.shape, expected)) {
    throw new ShapeError(
      op,
      `class indices must have shape [${expected.join(", ")}]`,
      { logits: x.shape, target: target.shape },
      "classes lie on axis 1 of the logits; targets have no class axis",
    );
  }
  const counts = notEqual(target, ignoreIndex);
  const indices = checkedIndices(op, where(counts, target, 0), classes);
  return { hot: classMask(indices, classes, axis), counted: unsqueeze(counts, axis) };
}

/** Σ losses / Σ weight[target], over the targets that count. */
function weightedMean(
  x: Tensor,
  axis: number,
  hot: Tensor,
  counted: Tensor,
  weight: Tensor | undefined,
): (losses: Tensor) => Tensor {
  return (losses) => {
    const counts = cast(counted, x.dtype);
    const shares = weight ? mul(sum(mul(cast(hot, x.dtype), weight), axis, keepDims), counts) : counts;
    return div(sum(losses), sum(shares));
  };
}
