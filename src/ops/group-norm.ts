import type { Draw } from "../core/draw.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import { apply, defineOp, type ExampleInput, type Op, type RefArray, type TensorSpec } from "../core/op.ts";
import { sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, mul, sub } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
import { reshape } from "./movement.ts";
import {
  type AffineOptions,
  affineOperands,
  type EpsAttrs,
  referenceNormalization,
  standardize,
} from "./normalize.ts";
import { sum } from "./reduce.ts";

type GroupNormAttrs = { readonly groups: number; readonly eps: number };

function checkAffine(op: string, [x, weight, bias]: readonly TensorSpec[]): TensorSpec {
  const channels = x!.shape[1];
  if (channels === undefined) throw new ShapeError(op, "x has no channel axis", { x: x!.shape });
  if (!sameShape(weight!.shape, [channels]) || !sameShape(bias!.shape, [channels])) {
    throw new ShapeError(op, `weight and bias must have one value for each of ${channels} channels`, {
      x: x!.shape,
      weight: weight!.shape,
      bias: bias!.shape,
    });
  }
  return x!;
}

/** x: [N, C, …] as [N, groups, C / groups, positions]. */
function grouped(x: Tensor, groups: number): Tensor {
  return reshape(x, [x.shape[0]!, groups, x.shape[1]! / groups, sizeOf(x.shape.slice(2))]);
}

/** One value per channel, as [1, groups, C / groups, 1]. */
function groupedChannels(values: Tensor, groups: number): Tensor {
  return reshape(values, [1, groups, values.size / groups, 1]);
}

const positions = 3;
const channelsInGroup = 2;
const keepDims = { keepDims: true } as const;

const groupNormOp: Op<GroupNormAttrs> = defineOp<GroupNormAttrs>({
  name: "groupNorm",
  shape: (inputs) => checkAffine("groupNorm", inputs),
  reference: (inputs, { groups, eps }, out) => referenceByGroup(inputs, out, eps, groups),
  decompose: ([x, weight, bias], { groups, eps }) => {
    const { normalized } = standardize(grouped(x!, groups), [channelsInGroup, positions], eps);
    const y = add(mul(normalized, groupedChannels(weight!, groups)), groupedChannels(bias!, groups));
    return reshape(y, x!.shape);
  },
  // The two sums over the positions of each channel serve all three gradients:
  // dw = Σ g x̂, db = Σ g, dx = s (g w − (Σ g w + x̂ Σ g w x̂) / n).
  vjp: ({ inputs: [x, weight], gradient, attrs: { groups, eps }, needs }) => {
    const { normalized, scale } = standardize(grouped(x!, groups), [channelsInGroup, positions], eps);
    const g = grouped(gradient, groups);
    const w = groupedChannels(weight!, groups);
    const total = sum(g, positions, keepDims);
    const along = sum(mul(g, normalized), positions, keepDims);
    const inner = (): Tensor => {
      const count = sizeOf(normalized.shape.slice(2));
      const shift = sum(mul(total, w), channelsInGroup, keepDims);
      const stretch = sum(mul(along, w), channelsInGroup, keepDims);
      return mul(scale, sub(mul(g, w), div(add(shift, mul(normalized, stretch)), count)));
    };
    return [
      needs(0) ? reshape(inner(), x!.shape) : undefined,
      needs(1) ? reshape(sum(along, 0), weight!.shape) : undefined,
      needs(2) ? reshape(sum(total, 0), weight!.shape) : undefined,
    ];
  },
  examples: (draw) => {
    const groups = draw.int(1, 3);
    return {
      inputs: drawInputs(draw, groups * draw.int(1, 2)),
      attrs: { groups, eps: draw.pick([1e-2, 0.1]) },
    };
  },
});

function referenceByGroup(inputs: readonly RefArray[], out: RefArray, eps: number, groups: number): void {
  const channels = out.shape[1]!;
  const inner = sizeOf(out.shape.slice(2));
  const groupSize = (channels / groups) * inner;
  referenceNormalization(
    inputs,
    out,
    eps,
    (i) => Math.floor(i / groupSize),
    (i) => Math.floor(i / inner) % channels,
  );
}

function drawInputs(draw: Draw, channels: number): ExampleInput[] {
  const shape = [draw.int(1, 3), channels, draw.int(2, 3), ...draw.shape(draw.int(0, 1), 3)];
  return [{ shape }, { shape: [channels] }, { shape: [channels] }];
}

/**
 * (x − μ) / √(σ² + eps) · weight + bias, with mean and biased variance over the positions and channels of each of
 * `groups` runs of channels of each sample (Wu & He 2018, arXiv:1803.08494).
 *
 * @param x of shape [N, C, …], C a multiple of groups; weight and bias of shape [C].
 */
export function groupNorm(x: TensorLike, groups: number, options: AffineOptions = {}): Tensor {
  const { inputs, eps } = affineOperands(x, (t) => [t.shape[1] ?? 1], options);
  const channels = inputs[0].shape[1];
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(`groupNorm: groups must be a whole number above 0, but is ${groups}`);
  }
  if (channels !== undefined && channels % groups !== 0) {
    throw new ShapeError("groupNorm", `${channels} channels do not split into ${groups} groups`, {
      x: inputs[0].shape,
    });
  }
  return apply(groupNormOp, inputs, { groups, eps });
}

const instanceNormOp: Op<EpsAttrs> = defineOp<EpsAttrs>({
  name: "instanceNorm",
  shape: (inputs) => checkAffine("instanceNorm", inputs),
  reference: (inputs, { eps }, out) => referenceByGroup(inputs, out, eps, out.shape[1]!),
  decompose: (inputs, { eps }) => apply(groupNormOp, inputs, { groups: inputs[0]!.shape[1]!, eps }),
  examples: (draw) => ({
    inputs: drawInputs(draw, draw.int(1, 3)),
    attrs: { eps: draw.pick([1e-2, 0.1]) },
  }),
});

/**
 * (x − μ) / √(σ² + eps) · weight + bias, with mean and biased variance of each channel of each sample over its positions
 * (Ulyanov et al. 2016, arXiv:1607.08022).
 *
 * @param x of shape [N, C, …]; weight and bias of shape [C].
 * @throws ShapeError if a channel has one position alone: its variance is no statistic.
 */
export function instanceNorm(x: TensorLike, options: AffineOptions = {}): Tensor {
  const { inputs, eps } = affineOperands(x, (t) => [t.shape[1] ?? 1], options);
  const [t] = inputs;
  if (t.rank >= 2 && sizeOf(t.shape.slice(2)) === 1) {
    throw new ShapeError("instanceNorm", "a channel with one position has no variance", { x: t.shape });
  }
  return apply(instanceNormOp, inputs, { eps });
}
