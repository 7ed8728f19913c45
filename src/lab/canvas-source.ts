import { sizeOf } from "../core/shape.ts";
import { Dataset } from "../data/dataset.ts";
import type { ImageShape, ImageSource, ReadRequest } from "../data/source.ts";

/** Images laid on a larger, black canvas, all at one place. */
class CanvasSource implements ImageSource {
  readonly imageShape: ImageShape;
  readonly #source: ImageSource;
  readonly #top: number;
  readonly #left: number;

  constructor(source: ImageSource, margin: number, [dy, dx]: readonly [number, number]) {
    const [channels, height, width] = source.imageShape;
    this.#source = source;
    this.imageShape = [channels, height + 2 * margin, width + 2 * margin];
    [this.#top, this.#left] = [margin + dy, margin + dx];
  }

  get length(): number {
    return this.#source.length;
  }

  get targetShape(): readonly number[] {
    return this.#source.targetShape;
  }

  get classes(): readonly string[] {
    return this.#source.classes;
  }

  async read(request: ReadRequest, pixels: Uint8Array, target: Int32Array): Promise<void> {
    const [channels, height, width] = this.#source.imageShape;
    const image = new Uint8Array(sizeOf(this.#source.imageShape));
    await this.#source.read(request, image, target);
    const [, rows, columns] = this.imageShape;
    pixels.fill(0);
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        const row = image.subarray((c * height + y) * width, (c * height + y + 1) * width);
        const at = (c * rows + y + this.#top) * columns + this.#left;
        // What lies beyond the canvas is cut.
        const from = Math.max(0, -this.#left);
        const to = Math.min(width, columns - this.#left);
        if (y + this.#top >= 0 && y + this.#top < rows) pixels.set(row.subarray(from, to), at + from);
      }
    }
  }
}

/**
 * The images with a black margin all around, moved by (dy, dx) from the middle.
 *
 * The canvas is black where the normalization says so: its value there is that of a black pixel, and not 0.
 */
export function onCanvas(
  { source, normalization }: Dataset,
  margin: number,
  shift: readonly [dy: number, dx: number] = [0, 0],
): Dataset {
  return new Dataset(new CanvasSource(source, margin, shift), normalization);
}
