import type { Tensor } from "../core/tensor.ts";
import { type ConvInputGradAttrs, conv } from "../ops/conv-ops.ts";
import { interleave, positionsWith, residuesOf } from "../ops/interleave.ts";
import { zeros } from "../ops/like.ts";
import { flip, permute, reshape, slice } from "../ops/movement.ts";
import { padSpatial } from "./pad-spatial.ts";

/** How the positions i = stride · q + residue of an axis of x get their gradient. */
interface AxisPart {
  /** Kernel positions that reach them: first, first + step, … */
  readonly first: number;
  readonly step: number;
  readonly count: number;
  /** Distance in dy from one of these to the next. */
  readonly dilation: number;
  /** Zeros before and after dy. */
  readonly sides: readonly [low: number, high: number];
}

/**
 * dx[i] = Σ_k dy[(i + low − k·dilation) / stride] w[k], over the k for which that is a whole number: which ones they are
 * depends on i mod stride only. So for each residue, the gradient is a convolution of stride 1 with some of the flipped
 * kernel's positions, and with channels that have changed places.
 */
export function inputGradient(dy: Tensor, weight: Tensor, settings: ConvInputGradAttrs): Tensor {
  const { stride, extent, groups } = settings;
  const step = stride.map((s, axis) => Math.min(s, extent[axis]!));
  const channels = weight.shape[1]! * groups;
  const parts = residuesOf(step).map((residue) => {
    const axes = residue.map((r, axis) =>
      partOfAxis(settings, axis, r, weight.shape[2 + axis]!, dy.shape[2 + axis]!),
    );
    if (axes.some(({ count }) => count === 0)) {
      const size = residue.map((r, axis) => positionsWith(r, step[axis]!, extent[axis]!));
      return zeros([dy.shape[0]!, channels, ...size]);
    }
    return conv(
      padSpatial(
        dy,
        axes.map(({ sides }) => sides),
      ),
      turned(weight, axes, groups),
      {
        stride: stride.map(() => 1),
        padding: stride.map(() => [0, 0]),
        dilation: axes.map(({ dilation }) => dilation),
        groups,
      },
    );
  });
  if (parts.length === 1) return parts[0]!;
  return interleave(parts, { step: [1, 1, ...step], extent: [dy.shape[0]!, channels, ...extent] });
}

function partOfAxis(
  { stride, padding, dilation, extent }: ConvInputGradAttrs,
  axis: number,
  residue: number,
  kernelSize: number,
  outputs: number,
): AxisPart {
  const [s, d] = [stride[axis]!, dilation[axis]!];
  const start = residue + padding[axis]![0];
  const reaching = Array.from({ length: kernelSize }, (_, k) => k).filter((k) => (start - k * d) % s === 0);
  const [first = 0, second = first + 1] = reaching;
  const step = second - first;
  const spread = reaching.length > 1 ? (step * d) / s : 1;
  const from = (start - first * d) / s;
  const low = (reaching.length - 1) * spread - from;
  const high = positionsWith(residue, s, extent[axis]!) + from - outputs;
  return { first, step, count: reaching.length, dilation: spread, sides: [low, high] };
}

/** Of a weight [O, C / groups, ...K], the kernel positions of a part, backwards: [C, O / groups, ...]. */
function turned(weight: Tensor, axes: readonly AxisPart[], groups: number): Tensor {
  const taken = slice(weight, [
    null,
    null,
    ...axes.map(({ first, step, count }) => ({ start: first, end: first + (count - 1) * step + 1, step })),
  ]);
  const [outChannels, groupChannels, ...kernel] = taken.shape as [number, number, ...number[]];
  const spatial = kernel.map((_, axis) => axis + 3);
  const grouped = reshape(taken, [groups, outChannels / groups, groupChannels, ...kernel]);
  const swapped = flip(permute(grouped, [0, 2, 1, ...spatial]), spatial);
  return reshape(swapped, [groups * groupChannels, outChannels / groups, ...kernel]);
}
