import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { expand } from "./expand.ts";
import { asTensor, type TensorLike } from "./like.ts";
import { concat, flip, narrow, padConstant } from "./movement.ts";
import type { Sides } from "./spatial.ts";

/** What padding holds: a constant, or the elements mirrored, the outermost ones, or those of the other end. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

export interface PadOptions {
  /** Default "constant". */
  readonly mode?: PadMode;
  /** Default 0; for "constant" alone. */
  readonly value?: number;
}

/**
 * Puts elements around the last axes of x, or crops them where a width is negative.
 *
 * For an axis 1 2 3 4 with widths [2, 2], "constant" gives 0 0 1 2 3 4 0 0, "reflect" 3 2 1 2 3 4 3 2, "replicate"
 * 1 1 1 2 3 4 4 4, and "circular" 3 4 1 2 3 4 1 2. An axis is cropped before it is padded.
 *
 * @param widths [left, right, top, bottom, …]: a pair for each axis, the last axis first.
 * @throws ShapeError if an axis is cropped by more than it has, or padded by more than the mode can: "reflect" by less
 *   than the axis' extent, "circular" by at most that, "replicate" any axis that is not empty.
 */
export function pad(x: TensorLike, widths: readonly number[], options: PadOptions = {}): Tensor {
  const { mode = "constant", value = 0 } = options;
  const t = asTensor(x);
  if (widths.length % 2 !== 0 || widths.length > 2 * t.rank || !widths.every(Number.isSafeInteger)) {
    throw new ArgumentError(
      `pad: widths must be a pair of whole numbers for each of at most ${t.rank} axes, not [${widths.join(", ")}]`,
    );
  }
  if (options.value !== undefined && mode !== "constant") {
    throw new ArgumentError(`pad: value is for mode "constant", not "${mode}"`);
  }
  const sides = t.shape.map((_, axis): Sides => {
    const at = 2 * (t.rank - 1 - axis);
    return [widths[at] ?? 0, widths[at + 1] ?? 0];
  });
  const cropped = sides.reduce((y, side, axis) => crop(y, axis, side, widths), t);
  if (mode !== "constant") {
    const extend = extensions[mode];
    if (!extend) throw new ArgumentError(`pad: there is no mode "${mode}"`);
    return sides.reduce((y, [low, high], axis) => {
      const [before, after] = [Math.max(0, low), Math.max(0, high)];
      return before + after === 0 ? y : extend(y, axis, before, after);
    }, cropped);
  }
  return padConstant(cropped, {
    low: sides.map(([low]) => Math.max(0, low)),
    high: sides.map(([, high]) => Math.max(0, high)),
    interior: sides.map(() => 0),
    value,
  });
}

function crop(x: Tensor, axis: number, [low, high]: Sides, widths: readonly number[]): Tensor {
  if (low >= 0 && high >= 0) return x;
  const start = Math.max(0, -low);
  const end = x.shape[axis]! - Math.max(0, -high);
  if (end < start) {
    throw new ShapeError("pad", `axis ${axis} is cropped by more than its ${x.shape[axis]} elements`, {
      x: x.shape,
      widths,
    });
  }
  return narrow(x, axis, start, end);
}

type Extension = (x: Tensor, axis: number, before: number, after: number) => Tensor;

// Slices, reversals and joins: their gradients are paddings and sums, never a scatter.
const extensions: Readonly<Record<Exclude<PadMode, "constant">, Extension>> = {
  reflect: (x, axis, before, after) => {
    const extent = x.shape[axis]!;
    requireAtMost("reflect", x, axis, before, after, extent - 1);
    const first = flip(narrow(x, axis, 1, 1 + before), axis);
    const last = flip(narrow(x, axis, extent - 1 - after, extent - 1), axis);
    return join([first, x, last], axis);
  },
  replicate: (x, axis, before, after) => {
    const extent = x.shape[axis]!;
    requireAtMost("replicate", x, axis, before, after, extent === 0 ? 0 : Number.POSITIVE_INFINITY);
    const repeat = (at: number, count: number): Tensor =>
      expand(narrow(x, axis, at, at + 1), x.shape.with(axis, count));
    return join([repeat(0, before), x, repeat(extent - 1, after)], axis);
  },
  circular: (x, axis, before, after) => {
    const extent = x.shape[axis]!;
    requireAtMost("circular", x, axis, before, after, extent);
    return join([narrow(x, axis, extent - before, extent), x, narrow(x, axis, 0, after)], axis);
  },
};

function join(parts: readonly Tensor[], axis: number): Tensor {
  return concat(
    parts.filter((part) => part.shape[axis] !== 0),
    axis,
  );
}

function requireAtMost(
  mode: PadMode,
  x: Tensor,
  axis: number,
  before: number,
  after: number,
  limit: number,
): void {
  if (before <= limit && after <= limit) return;
  throw new ShapeError(
    "pad",
    `mode "${mode}" can put at most ${Math.max(0, limit)} elements at a side of axis ${axis}, not ${Math.max(before, after)}`,
    { x: x.shape, widths: [before, after] },
    mode === "reflect" ? 'the outermost element is not repeated; "replicate" has no limit' : undefined,
  );
}
