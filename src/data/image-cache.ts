import type { Image } from "../io/image.ts";

/** Decoded images by file; those not used for the longest time go when there are too many. */
export class ImageCache {
  readonly #limit: number;
  readonly #images = new Map<string, Image>();
  #bytes = 0;

  /** @param limit how many bytes the images may take together. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(file: string): Image | undefined {
    const image = this.#images.get(file);
    if (image === undefined) return undefined;
    // A map gives its keys in the order in which they came.
    this.#images.delete(file);
    this.#images.set(file, image);
    return image;
  }

  set(file: string, image: Image): void {
    this.#remove(file);
    if (image.data.length > this.#limit) return;
    this.#images.set(file, image);
    this.#bytes += image.data.length;
    for (const oldest of this.#images.keys()) {
      if (this.#bytes <= this.#limit) return;
      this.#remove(oldest);
    }
  }

  #remove(file: string): void {
    this.#bytes -= this.#images.get(file)?.data.length ?? 0;
    this.#images.delete(file);
  }
}
