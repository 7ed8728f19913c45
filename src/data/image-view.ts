import type { Image } from "../io/image.ts";
import type { Random } from "./random.ts";

/**
 * What a network sees of a whole photograph: bytes (C, H, W) of one fixed shape.
 *
 * `random` is a stream of the sample's own (in training: a random crop, a flip), `undefined` in evaluation (the middle).
 */
export type ImageView = (image: Image, random: Random | undefined) => Uint8Array;
