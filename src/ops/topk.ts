import { isFloating } from "../core/dtype.ts";
import { ArgumentError } from "../core/errors.ts";
import { normalizeAxis } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { neg, sub } from "./arithmetic.ts";
import { equal, less, logicalAnd, logicalOr, notEqual, where } from "./compare.ts";
import { gather } from "./gather.ts";
import { asTensor, cast, ones, type TensorLike } from "./like.ts";
import { concat, iota, reshape, transpose, unsqueeze } from "./movement.ts";
import { max, min, sum } from "./reduce.ts";

export interface TopK {
  readonly values: Tensor;
  /** Positions along the axis, int32. */
  readonly indices: Tensor;
}

export interface TopKOptions {
  /** Default: the last. */
  readonly axis?: number;
  /** Whether to take the largest (the default) or the smallest. */
  readonly largest?: boolean;
}

/** Up to this many elements are found one after the other; more by counting, for each element, those before it. */
const passesLimit = 16;

/**
 * The k largest (or smallest) elements along an axis, in order; of equal ones the first comes first. NaN counts as +∞.
 *
 * Gradients flow to the chosen elements.
 */
export function topk(x: TensorLike, k: number, options: TopKOptions = {}): TopK {
  const t = asTensor(x);
  const axis = normalizeAxis("topk", options.axis ?? -1, t.rank);
  if (!Number.isInteger(k) || k < 1 || k > t.shape[axis]!) {
    throw new ArgumentError(`topk: k must be a whole number from 1 to ${t.shape[axis]}, but is ${k}`);
  }
  const keys = sortKeys(t, options.largest ?? true);
  const indices = k <= passesLimit ? byPasses(keys, k, axis) : byCounting(keys, k, axis);
  return { values: gather(t, indices, axis), indices };
}

/** Numbers without NaN of which larger ones come first. */
function sortKeys(x: Tensor, largest: boolean): Tensor {
  if (!isFloating(x.dtype)) {
    const whole = cast(x, "int32");
    // −1 − x reverses the order of all of int32, where −x would overflow.
    return largest ? whole : sub(-1, whole);
  }
  const comparable = where(equal(x, x), x, Number.POSITIVE_INFINITY);
  return largest ? comparable : neg(comparable);
}

/** Takes out the first largest element k times. */
function byPasses(keys: Tensor, k: number, axis: number): Tensor {
  const keepDims = { keepDims: true } as const;
  const extent = keys.shape[axis]!;
  const positions = reshape(
    iota(extent),
    keys.shape.map((_, a) => (a === axis ? extent : 1)),
  );
  const lowest = isFloating(keys.dtype) ? Number.NEGATIVE_INFINITY : -(2 ** 31);
  let left = ones(keys.shape, "bool");
  const found: Tensor[] = [];
  for (let i = 0; i < k; i++) {
    const best = max(where(left, keys, lowest), axis, keepDims);
    const first = min(where(logicalAnd(left, equal(keys, best)), positions, extent), axis, keepDims);
    found.push(first);
    left = logicalAnd(left, notEqual(positions, first));
  }
  return concat(found, axis);
}

/** Ranks every element by the number of those before it: larger ones, and equal ones at lower positions. */
function byCounting(keys: Tensor, k: number, axis: number): Tensor {
  const last = transpose(keys, axis, -1);
  const positions = iota(keys.shape[axis]!);
  const place = unsqueeze(positions, 1);
  const candidate = unsqueeze(last, -1);
  const rival = unsqueeze(last, -2);
  const tied = logicalAnd(equal(candidate, rival), less(positions, place));
  const rank = sum(logicalOr(less(candidate, rival), tied), -1, { keepDims: true });
  // indices[r] = Σ place · [rank = r]
  const indices = sum(where(equal(rank, iota(k)), place, 0), -2);
  return transpose(indices, axis, -1);
}
