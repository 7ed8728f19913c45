import type { ImageView } from "../data/image-view.ts";
import type { Normalization } from "../data/normalization.ts";
import type { ImageShape } from "../data/source.ts";
import type { Module } from "../nn/module.ts";

/** A network with all that is needed to classify images by it, wherever it comes from. */
export interface ClassifyingModel {
  readonly model: Module;
  /** [channels, height, width] of what the network takes. */
  readonly imageShape: ImageShape;
  /** What the network sees of an image. */
  readonly view: ImageView;
  readonly normalization: Normalization;
  /** The name of each class, where they are known. */
  readonly labels: readonly string[] | undefined;
}
