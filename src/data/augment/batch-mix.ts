import { ArgumentError } from "../../core/errors.ts";
import type { Random } from "../random.ts";
import { betaVariate } from "../random-variates.ts";

/** A batch before its samples are mixed with one another. */
export interface MixableBatch {
  /** (N, C, H, W), normalized; changed in place. */
  readonly images: Float32Array;
  /** (N, …) */
  readonly labels: Int32Array;
  /** [N, C, H, W] */
  readonly shape: readonly [number, number, number, number];
}

/** The labels of what each sample was mixed with: the loss is λ ℓ(y, labels) + (1 − λ) ℓ(y, mixed labels). */
export interface LabelMix {
  /** (N, …), as the labels of the batch. */
  readonly labels: Int32Array;
  /** λ, the part that the samples' own labels keep. */
  readonly lambda: number;
}

/** Mixes the samples of a batch by numbers from `random`, which is a stream of the batch's own. */
export type BatchMix = (batch: MixableBatch, random: Random) => LabelMix;

/**
 * x ← λ x + (1 − λ) x′ with another sample x′ of the batch and one λ ∼ Beta(α, α) for the batch.
 *
 * Zhang, Cisse, Dauphin, Lopez-Paz: mixup: Beyond Empirical Risk Minimization (2018).
 */
export function mixUp(alpha: number): BatchMix {
  checkAlpha("mixUp", alpha);
  return (batch, random) => {
    const lambda = betaVariate(random, alpha, alpha);
    return pairUp(batch, random, lambda, (image, other) => {
      for (let i = 0; i < image.length; i++) image[i] = lambda * image[i]! + (1 - lambda) * other[i]!;
    });
  };
}

/**
 * Puts a rectangle of another sample into each: of the share 1 − λ with λ ∼ Beta(α, α), in the image's form, around a
 * place that is drawn evenly. What lies outside of the image is cut off, and λ is then the share that was kept.
 *
 * Yun, Han, Oh, Chun, Choe, Yoo: CutMix (2019), section 3.1.
 */
export function cutMix(alpha: number): BatchMix {
  checkAlpha("cutMix", alpha);
  return (batch, random) => {
    const { labels, shape } = batch;
    const [samples, , height, width] = shape;
    if (labels.length !== samples) {
      throw new ArgumentError(
        `cutMix: each sample needs one class, but ${samples} samples have ${labels.length} targets`,
      );
    }
    const side = Math.sqrt(1 - betaVariate(random, alpha, alpha));
    const [top, bottom] = span(height, side, random);
    const [left, right] = span(width, side, random);
    const lambda = 1 - ((bottom - top) * (right - left)) / (height * width);
    return pairUp(batch, random, lambda, (image, other) => {
      for (let plane = 0; plane < image.length; plane += height * width) {
        for (let y = top; y < bottom; y++) {
          const row = plane + y * width;
          image.set(other.subarray(row + left, row + right), row + left);
        }
      }
    });
  };
}

/** One of some for each batch, with equal probabilities. */
export function oneMixOf(...mixes: readonly BatchMix[]): BatchMix {
  if (mixes.length === 0) throw new ArgumentError("oneMixOf: there is nothing to choose from");
  return (batch, random) => mixes[random.below(mixes.length)]!(batch, random);
}

function checkAlpha(name: string, alpha: number): void {
  if (alpha > 0 && alpha < Number.POSITIVE_INFINITY) return;
  throw new ArgumentError(`${name}: alpha must be a positive number, but is ${alpha}`);
}

/** Pixels [from, to) of an axis: a share of it around a place that is drawn evenly, cut off at the ends. */
function span(extent: number, share: number, random: Random): [from: number, to: number] {
  const half = Math.trunc((share * extent) / 2);
  const centre = random.below(extent);
  return [Math.max(0, centre - half), Math.min(extent, centre + half)];
}

/** Puts a part of a sample into each other one, by a permutation of the batch. */
function pairUp(
  { images, labels, shape: [samples] }: MixableBatch,
  random: Random,
  lambda: number,
  put: (image: Float32Array, other: Float32Array) => void,
): LabelMix {
  const partners = random.permutation(samples);
  const before = images.slice();
  const sampleOf = <T extends Float32Array | Int32Array>(array: T, index: number): T => {
    const size = array.length / samples;
    return array.subarray(index * size, (index + 1) * size) as T;
  };
  const mixed = new Int32Array(labels.length);
  partners.forEach((partner, index) => {
    put(sampleOf(images, index), sampleOf(before, partner));
    sampleOf(mixed, index).set(sampleOf(labels, partner));
  });
  return { labels: mixed, lambda };
}
