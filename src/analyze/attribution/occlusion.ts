import { ArgumentError } from "../../core/errors.ts";
import { tensor } from "../../core/tensor.ts";
import { reached } from "../work.ts";
import type { Heat, MethodDefinition } from "./attribution.ts";
import { scoresOf } from "./subject.ts";

export interface OcclusionOptions {
  /** Side of the square that is covered, in pixels; default a seventh of the image's shorter side. */
  readonly window?: number;
  /** From one square to the next; default half a window. */
  readonly stride?: number;
  /** What covered elements become; default 0, which normalized images have where they are of the mean colour. */
  readonly fill?: number;
}

/** Images that are run at a time. */
const most = 8;

/**
 * How far the class's score falls where a square of the image is covered: each pixel gets the mean over the squares that
 * cover it. The last squares of a row or column end at the image's border.
 */
export const occlusion: MethodDefinition = {
  title: "Occlusion",
  paper: "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks. arXiv:1311.2901, section 4.2",
  explain: async (subject, options): Promise<Heat> => {
    const { pixels, channels, height, width, classes } = subject;
    const window = options.window ?? Math.max(1, Math.round(Math.min(height, width) / 7));
    const { stride = Math.max(1, Math.floor(window / 2)), fill = 0 } = options;
    checkSizes(window, stride, height, width);
    const corners = startsOf(height, window, stride).flatMap((top) =>
      startsOf(width, window, stride).map((left) => [top, left] as const),
    );
    const run = scoresOf(subject.model);
    const [drops, covers] = [new Float64Array(height * width), new Float64Array(height * width)];
    for (let first = 0; first < corners.length; first += most) {
      const batch = corners.slice(first, first + most);
      const images = new Float32Array(batch.length * pixels.length);
      batch.forEach(([top, left], n) => {
        images.set(pixels, n * pixels.length);
        for (let row = 0; row < channels * window; row++) {
          const [c, y] = [Math.floor(row / window), top + (row % window)];
          const start = n * pixels.length + (c * height + y) * width + left;
          images.fill(fill, start, start + window);
        }
      });
      const scores = await (
        await run(tensor(images, { shape: [batch.length, channels, height, width] }))
      ).data();
      batch.forEach(([top, left], n) => {
        const drop = subject.score - scores[n * classes + subject.class]!;
        for (let i = 0; i < window * window; i++) {
          const at = (top + Math.floor(i / window)) * width + left + (i % window);
          drops[at]! += drop;
          covers[at]! += 1;
        }
      });
      await reached((first + batch.length) / corners.length, options);
    }
    return { values: Float32Array.from(drops, (drop, i) => drop / (covers[i]! || 1)), signed: true };
  },
};

function checkSizes(window: number, stride: number, height: number, width: number): void {
  if (!Number.isInteger(window) || window < 1 || window > Math.min(height, width)) {
    throw new ArgumentError(
      `occlusion: a window of ${window} pixels does not fit into an image of ${height} × ${width}`,
    );
  }
  if (!Number.isInteger(stride) || stride < 1 || stride > window) {
    throw new ArgumentError(
      `occlusion: a stride of ${stride} leaves gaps between windows of ${window}, or is no stride`,
    );
  }
}

/** Where windows start along an axis: every `stride`, and one that ends with it. */
function startsOf(extent: number, window: number, stride: number): number[] {
  const last = extent - window;
  const count = Math.ceil(last / stride) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(i * stride, last));
}
