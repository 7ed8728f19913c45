import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type Resampling, resamplingOf } from "./resampling.ts";
import type { Mask } from "./shift-state.ts";
import type { Transformation } from "./transformations.ts";

/**
 * What theory says, by arithmetic on the graph, of y(T x) = T y(x).
 *
 * - `exact`: it holds bit for bit on the interior, where kernels do the same arithmetic at every position; with
 *   `rounding`, sums come in another order.
 * - `invariant`: y has no positions left, and y(T x) = y(x) to rounding.
 * - `stride`: it holds for shifts divisible by `shifts` alone, and this one is not.
 * - `border`: padding or the image's edge reaches every position.
 * - `approximate`: something pooled over all positions, edges or interpolation included, enters everywhere.
 * - `none`: it does not hold, or nothing is known behind a layer for which it does not.
 */
export interface Verdict {
  readonly kind: "exact" | "invariant" | "stride" | "border" | "approximate" | "none";
  /** In one line, for people. */
  readonly text: string;
  /** Whether sums in another order may differ in their last bits. */
  readonly rounding: boolean;
  /** For shifts: rows and columns by which the input must be shifted (or multiples) for an exact law. */
  readonly shifts: readonly [dy: number, dx: number] | undefined;
}

/** The verdict on one tensor, and how its positions are to be compared. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Why the law does not hold, if it does not. */
  readonly reason: string | undefined;
  /** Whether there are positions to move: else y(T x) is compared with y(x). */
  readonly moves: boolean;
  readonly axes: readonly [y: number | undefined, x: number | undefined];
  /** How T acts on the positions. */
  readonly resampling: Resampling;
  /** 1 at positions that no border effect reaches. */
  readonly interior: Mask;
}

/** Judges tensors computed from images [N, C, H, W]. */
export type Judge = (tensor: Tensor) => Judgement;

/** What the kinds of transformations share: the image, and T's action on each grid, worked out once. */
export class JudgedGrids {
  readonly image: readonly [height: number, width: number];
  readonly #transformation: Transformation;
  readonly #known = new Map<string, Resampling>();

  constructor(images: Tensor, transformation: Transformation) {
    this.image = [images.shape[2]!, images.shape[3]!];
    this.#transformation = transformation;
  }

  resampling(height: number, width: number, step: readonly [number, number]): Resampling {
    const key = [height, width, ...step].join();
    const known =
      this.#known.get(key) ?? resamplingOf(this.#transformation, { height, width, step, image: this.image });
    this.#known.set(key, known);
    return known;
  }

  /** A map whose positions are taken to lie evenly over the image. */
  spread(height: number, width: number): Resampling {
    return this.resampling(height, width, [this.image[0] / height, this.image[1] / width]);
  }

  /** Nothing is known of the positions: four axes are taken for [N, C, H, W], and anything else for no map at all. */
  broken(reason: string, shape: Shape): Judgement {
    const verdict = makeVerdict("none", `not equivariant: ${reason}`);
    const [height, width] = [shape[2]!, shape[3]!];
    if (shape.length !== 4 || height * width === 1) return { ...still(verdict), reason };
    const resampling = this.spread(height, width);
    return { verdict, reason, moves: true, axes: [2, 3], resampling, interior: resampling.known };
  }
}

/** Compares values that have no positions. */
export function still(verdict: Verdict, reason?: string): Judgement {
  return {
    verdict,
    reason,
    moves: false,
    axes: [undefined, undefined],
    resampling: onePosition,
    interior: onePosition.known,
  };
}

export function makeVerdict(
  kind: Verdict["kind"],
  text: string,
  { shifts = undefined, rounding = false }: Partial<Pick<Verdict, "shifts" | "rounding">> = {},
): Verdict {
  return { kind, text, rounding, shifts };
}

/** The identity on a single position. */
const onePosition: Resampling = {
  height: 1,
  width: 1,
  taps: 1,
  from: Int32Array.of(0),
  weights: Float64Array.of(1),
  known: Uint8Array.of(1),
};
