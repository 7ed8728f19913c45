import { ArgumentError, FileError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { decodeImage } from "../io/decode-image.ts";
import { readFile } from "../io/files.node.ts";
import type { Image } from "../io/image.ts";
import type { ImageCache } from "./image-cache.ts";
import type { ImageView } from "./image-view.ts";
import { Random } from "./random.ts";
import type { ImageShape, ImageSource, ReadRequest } from "./source.ts";

export interface LabelledFile {
  readonly file: string;
  readonly label: number;
}

export interface ImageFileSourceOptions {
  /** Sorted by label. */
  readonly files: readonly LabelledFile[];
  readonly classes: readonly string[];
  readonly imageShape: ImageShape;
  readonly view: ImageView;
  /** Draws the view's random numbers from (seed, epoch, sample); a view without has none. */
  readonly seed?: number | undefined;
  readonly cache: ImageCache;
  /** Told of each broken file once, in whose place comes the next one of its class; without it, it is an error. */
  readonly onBroken?: ((error: FileError) => void) | undefined;
}

/** How many files are read at a time, whatever the batch: a system opens only so many. */
const readers = 8;

/** Photographs in files, each with a class, which are read and decoded when they are asked for. */
export class ImageFileSource implements ImageSource {
  readonly length: number;
  readonly imageShape: ImageShape;
  readonly targetShape: Shape = [];
  readonly classes: readonly string[];
  readonly #options: ImageFileSourceOptions;
  readonly #broken = new Set<string>();
  readonly #readers: Promise<unknown>[] = new Array(readers).fill(Promise.resolve());
  #next = 0;

  constructor(options: ImageFileSourceOptions) {
    this.length = options.files.length;
    this.imageShape = options.imageShape;
    this.classes = options.classes;
    this.#options = options;
  }

  async read({ index, epoch, signal }: ReadRequest, pixels: Uint8Array, target: Int32Array): Promise<void> {
    target[0] = this.#options.files[index]!.label;
    const reader = this.#next++ % readers;
    const work = this.#readers[reader]!.then(() => {
      signal?.throwIfAborted();
      return this.#readSound(index, epoch, pixels);
    });
    this.#readers[reader] = work.catch(() => {});
    await work;
  }

  /** Writes the view of a sample, or of the next one of its class that is not broken. */
  async #readSound(index: number, epoch: number, pixels: Uint8Array): Promise<void> {
    const { files, onBroken } = this.#options;
    const { label } = files[index]!;
    for (let candidate = index; ; ) {
      try {
        return await this.#write(candidate, epoch, pixels);
      } catch (error) {
        if (!(error instanceof FileError) || onBroken === undefined) throw error;
        if (!this.#broken.has(error.file)) onBroken(error);
        this.#broken.add(error.file);
        candidate = this.#following(candidate, label);
        if (candidate === index) throw error;
      }
    }
  }

  async #write(index: number, epoch: number, pixels: Uint8Array): Promise<void> {
    const { files, view, seed } = this.#options;
    const { file } = files[index]!;
    const image = await this.#load(file);
    const random = seed === undefined ? undefined : new Random(seed, "view", epoch * this.length + index);
    const seen = viewed(view, image, random, file);
    if (seen.length !== pixels.length) {
      throw new ArgumentError(
        `the view of ${file} has ${seen.length} bytes, but images of [${this.imageShape.join(", ")}] have ${pixels.length}`,
      );
    }
    pixels.set(seen);
  }

  async #load(file: string): Promise<Image> {
    const { cache } = this.#options;
    const cached = cache.get(file);
    if (cached) return cached;
    const image = await decodeImage(await readFile(file), file);
    cache.set(file, image);
    return image;
  }

  /** The next sample of a class, and after its last the first. */
  #following(index: number, label: number): number {
    const { files } = this.#options;
    return files[index + 1]?.label === label ? index + 1 : files.findIndex((each) => each.label === label);
  }
}

/** What cannot be done with an image, as an error of its file. */
function viewed(view: ImageView, image: Image, random: Random | undefined, file: string): Uint8Array {
  try {
    return view(image, random);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new FileError(file, error.message, undefined, { cause: error });
  }
}
