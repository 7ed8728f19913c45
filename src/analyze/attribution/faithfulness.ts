import { ArgumentError } from "../../core/errors.ts";
import { tensor } from "../../core/tensor.ts";
import { Random } from "../../data/random.ts";
import { gaussianBlur } from "../gaussian-blur.ts";
import { reached, type WorkOptions } from "../work.ts";
import { type Subject, scoresOf, softmaxAt } from "./subject.ts";

export interface FaithfulnessOptions extends WorkOptions {
  /** Parts of the image that are changed one after the other; default 32. */
  readonly steps?: number;
  /** What deleted elements become; default 0, the mean colour of normalized images. */
  readonly fill?: number;
  /** Of the Gaussian that blurs the image before its pixels are inserted, in pixels; default a 22nd of the width. */
  readonly sigma?: number;
  /** Of the order of pixels with equal values; default 0. */
  readonly seed?: number;
}

/** The class's probability while more and more of the image is changed. */
export interface ProbabilityCurve {
  readonly points: readonly (readonly [share: number, probability: number])[];
  /** The area under it, by trapezoids. */
  readonly auc: number;
}

export interface Faithfulness {
  /** The most important pixels are deleted first: a good map makes the probability fall fast (low area). */
  readonly deletion: ProbabilityCurve;
  /** The most important pixels are the first to appear in a blurred image: high area is good. */
  readonly insertion: ProbabilityCurve;
}

/** Images that are run at a time. */
const most = 8;

/**
 * How well a map tells which pixels a decision rests on (Petsiuk, Das, Saenko: RISE, arXiv:1806.07421, section 4.3).
 *
 * @param values [H, W], such as an attribution's.
 */
export async function faithfulness(
  subject: Subject,
  values: ArrayLike<number>,
  options: FaithfulnessOptions = {},
): Promise<Faithfulness> {
  const { steps = 32, fill = 0, sigma = subject.width / 22, seed = 0 } = options;
  if (values.length !== subject.height * subject.width) {
    throw new ArgumentError(
      `a map of ${values.length} values is none of an image of ${subject.height} × ${subject.width}`,
    );
  }
  if (!Number.isInteger(steps) || steps < 1)
    throw new ArgumentError(`steps must be 1 or more, but is ${steps}`);
  const order = fallingOrder(values, seed);
  const { pixels, height, width } = subject;
  const half = (from: number): WorkOptions => ({
    signal: options.signal,
    onProgress: (done) => options.onProgress?.(from + done / 2),
  });
  const blank = new Float32Array(pixels.length).fill(fill);
  const blurred = gaussianBlur(pixels, height, width, sigma);
  return {
    deletion: await curve(subject, pixels, blank, order, steps, half(0)),
    insertion: await curve(subject, blurred, pixels, order, steps, half(0.5)),
  };
}

/** A map in which no pixel is known to matter more than another: what a method has to beat. */
export function randomMap({ height, width }: Subject, seed: number): Float32Array {
  return Float32Array.from(new Random(seed, "user").permutation(height * width));
}

/** Pixels from the largest to the smallest value; those with equal values come in a random order. */
function fallingOrder(values: ArrayLike<number>, seed: number): Uint32Array {
  return new Random(seed, "order").permutation(values.length).sort((a, b) => values[b]! - values[a]!);
}

async function curve(
  { model, class: index, classes, channels, height, width }: Subject,
  from: Float32Array,
  to: Float32Array,
  order: Uint32Array,
  steps: number,
  work: WorkOptions,
): Promise<ProbabilityCurve> {
  const run = scoresOf(model);
  const plane = height * width;
  const current = from.slice();
  const points: (readonly [number, number])[] = [];
  let changed = 0;
  for (let first = 0; first <= steps; first += most) {
    const count = Math.min(most, steps + 1 - first);
    const images = new Float32Array(count * current.length);
    for (let n = 0; n < count; n++) {
      const end = Math.round(((first + n) / steps) * plane);
      for (; changed < end; changed++) {
        for (let at = order[changed]!; at < channels * plane; at += plane) current[at] = to[at]!;
      }
      images.set(current, n * current.length);
    }
    const scores = await (await run(tensor(images, { shape: [count, channels, height, width] }))).data();
    for (let n = 0; n < count; n++) {
      points.push([(first + n) / steps, softmaxAt(scores, n * classes, classes, index)]);
    }
    await reached((first + count) / (steps + 1), work);
  }
  const inner = points.slice(1).map(([, p], i) => (p + points[i]![1]) / 2);
  return { points, auc: inner.reduce((a, b) => a + b, 0) / steps };
}
