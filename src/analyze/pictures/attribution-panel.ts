import type { Image } from "../../io/image.ts";
import type { Attribution } from "../attribution/attribution.ts";
import { attributionMethods } from "../attribution/methods.ts";
import { drawAtlas } from "./atlas.ts";
import { overlayPixels } from "./overlay.ts";

/** The photograph with each map laid over it, side by side under the methods' names; one alone fills the picture. */
export function attributionPanel(
  photograph: Uint8Array,
  attributions: readonly Attribution[],
  options: { readonly scale?: number; readonly title?: string } = {},
): Image {
  const { height, width } = attributions[0]!;
  const tiles = attributions.map(({ method, values, signed }) => ({
    ...{ rgb: overlayPixels(photograph, values, signed), height, width },
    label: attributionMethods[method].title,
  }));
  const original = { rgb: photograph, height, width, label: "Photograph" };
  const scale = options.scale ?? Math.max(1, Math.floor(224 / width));
  // At most five in a row, and rows of about the same length.
  const columns = Math.ceil((tiles.length + 1) / Math.ceil((tiles.length + 1) / 5));
  return drawAtlas([original, ...tiles], { ...options, columns, scale });
}
