import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { type ConvInputGradAttrs, conv } from "../ops/conv-ops.ts";
import type { ConvAttrs } from "../ops/conv-terms.ts";
import { interleave, positionsWith, residuesOf } from "../ops/interleave.ts";
import { zeros } from "../ops/like.ts";
import { concat, flip, permute, reshape, slice } from "../ops/movement.ts";
import { padSpatial } from "./pad-spatial.ts";

/** How the positions i = stride · q + residue of an axis of x get their gradient. */
interface AxisPart {
  readonly residue: number;
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
 *
 * @param panelWidth how many output channels of a convolution are computed at a time, where there are so many.
 */
export function inputGradient(
  dy: Tensor,
  weight: Tensor,
  settings: ConvInputGradAttrs,
  panelWidth: (channels: number) => number,
): Tensor {
  const { stride, extent, groups, algorithm } = settings;
  const step = stride.map((s, axis) => Math.min(s, extent[axis]!));
  const channels = weight.shape[1]! * groups;
  const axes = step.map((residues, axis) =>
    Array.from({ length: residues }, (_, r) =>
      partOfAxis(settings, axis, r, weight.shape[2 + axis]!, dy.shape[2 + axis]!),
    ),
  );
  const parts = residuesOf(step).map((residue) => residue.map((r, axis) => axes[axis]![r]!));
  const gradients =
    partsTogether(dy, weight, settings, parts, axes, panelWidth) ??
    parts.map((part) => {
      if (part.some(({ count }) => count === 0)) {
        const size = part.map(({ residue }, axis) => positionsWith(residue, step[axis]!, extent[axis]!));
        return zeros([dy.shape[0]!, channels, ...size]);
      }
      const padded = padSpatial(
        dy,
        part.map(({ sides }) => sides),
      );
      return conv(padded, turned(weight, part, groups), {
        ...ofStrideOne(part.length, groups, algorithm),
        dilation: part.map(({ dilation }) => dilation),
      });
    });
  if (gradients.length === 1) return gradients[0]!;
  return interleave(gradients, { step: [1, 1, ...step], extent: [dy.shape[0]!, channels, ...extent] });
}

function ofStrideOne(rank: number, groups: number, algorithm: ConvAttrs["algorithm"]): ConvAttrs {
  const each = <T>(value: T): T[] => new Array<T>(rank).fill(value);
  return {
    stride: each(1),
    padding: each([0, 0] as const),
    dilation: each(1),
    groups,
    ...(algorithm && { algorithm }),
  };
}

/** A window of dy into which those of all residues of an axis fit that any output reaches. */
interface Window {
  /** Places before the position itself. */
  readonly low: number;
  readonly count: number;
}

function commonWindow(parts: readonly AxisPart[]): Window | undefined {
  const reached = parts.filter(({ count }) => count > 0);
  if (reached.length === 0 || reached.some(({ dilation }) => dilation !== 1)) return undefined;
  const low = Math.max(...reached.map(({ sides }) => sides[0]));
  const after = Math.max(...reached.map(({ count, sides }) => count - sides[0]));
  return { low, count: low + after };
}

/**
 * The gradients for all residues as output channels of one convolution, where few channels would leave so much of a panel
 * empty that this is less work.
 */
function partsTogether(
  dy: Tensor,
  weight: Tensor,
  { extent, groups, algorithm }: ConvInputGradAttrs,
  parts: readonly (readonly AxisPart[])[],
  axes: readonly (readonly AxisPart[])[],
  panelWidth: (channels: number) => number,
): Tensor[] | undefined {
  const windows = axes.map((own) => commonWindow(own)).filter((window) => window !== undefined);
  if (groups > 1 || parts.length === 1 || windows.length < axes.length) return undefined;
  const [outChannels, channels] = weight.shape as [number, number];
  const work = (filters: number, taps: readonly { readonly count: number }[]): number => {
    const width = panelWidth(filters);
    return Math.ceil(filters / width) * width * sizeOf(taps.map(({ count }) => count));
  };
  const apart = parts.reduce((sum, part) => sum + work(channels, part), 0);
  if (work(parts.length * channels, windows) >= apart) return undefined;
  const filters = parts.map((part) => {
    if (part.some(({ count }) => count === 0))
      return zeros([channels, outChannels, ...windows.map(({ count }) => count)]);
    const room = part.map(({ count, sides: [low] }, axis): [number, number] => {
      const window = windows[axis]!;
      return [window.low - low, window.count - (window.low - low) - count];
    });
    return padSpatial(turned(weight, part, 1), room);
  });
  const step = axes.map((own) => own.length);
  const size = extent.map((n, axis) => positionsWith(0, step[axis]!, n));
  const padded = padSpatial(
    dy,
    windows.map(({ low, count }, axis) => [low, size[axis]! + count - 1 - low - dy.shape[2 + axis]!]),
  );
  const all = conv(padded, concat(filters, 0), ofStrideOne(step.length, 1, algorithm));
  return parts.map((part, p) =>
    slice(all, [
      null,
      { start: p * channels, end: (p + 1) * channels },
      ...part.map(({ residue }, axis) => ({ end: positionsWith(residue, step[axis]!, extent[axis]!) })),
    ]),
  );
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
  return { residue, first, step, count: reaching.length, dilation: spread, sides: [low, high] };
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
