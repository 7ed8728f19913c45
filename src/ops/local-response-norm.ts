import { ArgumentError, ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, mul, pow, square } from "./arithmetic.ts";
import type { TensorLike } from "./like.ts";
import { narrow, padConstant } from "./movement.ts";
import { asReal } from "./real.ts";

type LocalResponseNormAttrs = {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
};

/** Channels before the window's own; `size − 1 − before(size)` stand after it. */
function before(size: number): number {
  return Math.floor(size / 2);
}

const localResponseNormOp: Op<LocalResponseNormAttrs> = defineOp<LocalResponseNormAttrs>({
  name: "localResponseNorm",
  shape: ([x]) => x!,
  reference: ([x], { size, alpha, beta, k }, out) => {
    const channels = x!.shape[1]!;
    const inner = sizeOf(x!.shape.slice(2));
    for (let i = 0; i < out.data.length; i++) {
      const channel = Math.floor(i / inner) % channels;
      const first = Math.max(0, channel - before(size));
      const last = Math.min(channels - 1, channel - before(size) + size - 1);
      let total = 0;
      for (let c = first; c <= last; c++) total += x!.data[i + (c - channel) * inner]! ** 2;
      out.data[i] = x!.data[i]! * (k + (alpha / size) * total) ** -beta;
    }
  },
  decompose: ([x], { size, alpha, beta, k }) => {
    const channels = x!.shape[1]!;
    const side = (count: number): number[] => x!.shape.map((_, axis) => (axis === 1 ? count : 0));
    const padded = padConstant(square(x!), {
      low: side(before(size)),
      high: side(size - 1 - before(size)),
      interior: side(0),
      value: 0,
    });
    const shifted = Array.from({ length: size }, (_, c) => narrow(padded, 1, c, c + channels));
    const energy = shifted.reduce((total, next) => add(total, next));
    return mul(x!, pow(add(mul(energy, alpha / size), k), -beta));
  },
  examples: (draw) => ({
    inputs: [{ shape: [draw.int(1, 2), draw.int(1, 6), ...draw.shape(draw.int(0, 2), 3)] }],
    attrs: {
      size: draw.int(1, 6),
      alpha: draw.pick([0.01, 1]),
      beta: draw.pick([0.75, 0.5]),
      k: draw.pick([1, 2]),
    },
  }),
});

export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly k?: number;
}

/**
 * x / (k + alpha · Σ x² / size)^beta, summed over the `size` channels around each, as PyTorch counts: channels outside
 * are 0 and an even size reaches one channel further down.
 *
 * The paper (Krizhevsky et al. 2012, section 3.3) has alpha without the division by size.
 *
 * @param x of shape [N, C, …].
 */
export function localResponseNorm(
  x: TensorLike,
  size: number,
  options: LocalResponseNormOptions = {},
): Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  const t = asReal(x);
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError(`localResponseNorm: size must be a whole number above 0, but is ${size}`);
  }
  if (t.rank < 2) throw new ShapeError("localResponseNorm", "x has no channel axis", { x: t.shape });
  return apply(localResponseNormOp, [t], { size, alpha, beta, k });
}
